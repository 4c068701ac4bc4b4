use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use futures_util::Stream;
use http_body::{Body, Frame};

use super::{EventItem, EventStream, State};
use crate::{Error, encode::Noted, failure::Failure, lifecycle::Tally};

/// The most items that one poll takes that add nothing to the frame, so that a stream which is
/// always ready and whose items are empty does not hold its thread for ever.
const ITEMS: usize = 1024;

impl<S> Body for EventStream<S>
where
    S: Stream,
    S::Item: EventItem,
{
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        // A stream that has panicked is not polled again, so what state it is in does not matter.
        let gather = AssertUnwindSafe(|| self.as_mut().gather(cx));
        let gathered = catch_unwind(gather).unwrap_or_else(|payload| {
            let error = Error::panic(payload);
            Poll::Ready(Err(error))
        });
        let gathered = gathered.map(|gathered| {
            if let Err(error) = gathered {
                self.as_mut().fail(error);
            }
        });
        let this = self.project();
        if !this.encoder.is_empty() {
            return Poll::Ready(Some(Ok(Frame::data(this.encoder.take()))));
        }
        if gathered.is_pending() {
            this.encoder.rest();
        }
        ready!(gathered);
        match this.state {
            State::Failed(failure) => failure.poll(cx).map(|error| error.map(Err)),
            State::Open | State::Ended => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self.state, State::Ended) && self.encoder.is_empty()
    }
}

impl<S> EventStream<S>
where
    S: Stream,
    S::Item: EventItem,
{
    /// Encodes what is ready. Is pending while more may come, ready when the frame is full or the
    /// stream has ended in one way or the other.
    fn gather(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        let mut this = self.project();
        this.tally.take_if(|tally| !tally.is_shared());
        let mut empty = 0;
        *this.whole = this.encoder.len();
        while empty < ITEMS {
            if !matches!(this.state, State::Open) || this.encoder.len() >= *this.frame_size {
                return Poll::Ready(Ok(()));
            }
            let result = match ready!(this.stream.as_mut().poll_next(cx)) {
                Some(item) => item.into_result().map_err(Error::stream),
                None => {
                    *this.state = State::Ended;
                    if let Some(event) = this.closing.take() {
                        this.encoder.encoded(&event);
                        this.tally.iter().for_each(Tally::add);
                    }
                    continue;
                }
            };
            let encoded = result.and_then(|event| this.encoder.push(&event).map_err(Error::encode));
            let before = std::mem::replace(this.whole, this.encoder.len());
            let is_empty = *this.whole == before;
            empty += usize::from(is_empty);
            if let Some(noted) = this.encoder.noted() {
                if let Noted::End(_) = noted {
                    // Whatever it has been merged with: the client is to come back.
                    *this.state = State::Ended;
                }
                this.tally.iter().for_each(|tally| tally.record(noted));
            }
            encoded?;
            this.tally.iter().filter(|_| !is_empty).for_each(Tally::add);
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Ends the stream after an error: by the event that the user makes of it, or by failing.
    fn fail(self: Pin<&mut Self>, error: Error) {
        let this = self.project();
        // An item that panicked has left something behind.
        this.encoder.truncate(*this.whole);
        let Some(event) = this.on_error.take() else {
            *this.state = State::Failed(Failure::new(error));
            return;
        };
        *this.state = State::Ended;
        let text = error.chain();
        this.encoder.event(&event(error));
        this.encoder.dispatch();
        for tally in this.tally.iter() {
            tally.add();
            tally.conclude(text.clone());
        }
    }
}
