use std::{
    mem,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body, Frame, SizeHint};

use super::{
    action::EventAction,
    body::{EventMapBody, State},
    raw_event::RawEvent,
};
use crate::{
    BoxError, Error,
    headers::head,
    stream::Failure,
    wire::{MAX_EMPTY_ITEMS, into_bytes},
};

type PollFrame = Poll<Option<Result<Frame<Bytes>, Error>>>;

impl<B, F> Body for EventMapBody<B, F>
where
    B: Body,
    B::Error: Into<BoxError>,
    F: FnMut(RawEvent<'_>) -> EventAction,
{
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> PollFrame {
        let this = self.as_mut().project();
        if matches!(this.state, State::Passing) {
            let polled = this.body.poll_frame(cx);
            return polled
                .map_ok(|frame| frame.map_data(into_bytes))
                .map_err(|error| Error::body(error.into()));
        }
        if this.pending.is_owed() && !this.encoder.is_empty() {
            // The source was pending after more than one frame: the `Pending` comes after the last.
            return Poll::Ready(Some(Ok(Frame::data(this.encoder.take()))));
        }
        ready!(this.pending.poll(cx));
        let gathered = self.as_mut().gather_or_fail(cx);
        let this = self.project();
        let events = this.encoder.take_events();
        this.link.iter().for_each(|link| link.add(events));
        if !this.encoder.is_empty() {
            if gathered.is_pending() {
                this.pending.owe();
            }
            return Poll::Ready(Some(Ok(Frame::data(this.encoder.take()))));
        }
        if gathered.is_pending() {
            this.encoder.release_memory();
            this.mapper.release_memory();
            return Poll::Pending;
        }
        match this.state {
            State::Failed(failure) => failure.poll(cx).map(|error| error.map(Err)),
            State::Ended(trailers) => {
                Poll::Ready(trailers.take().map(|map| Ok(Frame::trailers(map))))
            }
            State::Open | State::Passing => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.state {
            State::Passing => self.body.is_end_stream(),
            State::Ended(trailers) => trailers.is_none() && self.encoder.is_empty(),
            State::Open | State::Failed(_) => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.state {
            State::Passing => self.body.size_hint(),
            _ => SizeHint::default(),
        }
    }
}

impl<B, F> EventMapBody<B, F>
where
    B: Body,
    B::Error: Into<BoxError>,
    F: FnMut(RawEvent<'_>) -> EventAction,
{
    /// Gathers a frame. If that fails or panics, the stream ends with the error.
    fn gather_or_fail(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let pending = mem::take(self.as_mut().project().pending);
        // Neither the body nor the closure is used after it has panicked.
        let gather = AssertUnwindSafe(|| pending.poll_source(cx, |cx| self.as_mut().gather(cx)));
        let gathered = catch_unwind(gather).unwrap_or_else(|payload| {
            let error = Error::panic(payload);
            Poll::Ready(Err(error))
        });
        let gathered = gathered.map(|gathered| {
            if let Err(error) = gathered {
                self.as_mut().fail(error);
            }
        });
        *self.project().pending = pending;
        gathered
    }

    /// Maps the chunks that are ready. Is pending while more may come, and ready when the frame is full or the
    /// stream has ended.
    fn gather(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        let mut this = self.project();
        for _ in 0..MAX_EMPTY_ITEMS {
            if !matches!(this.state, State::Open) || this.encoder.is_full() {
                return Poll::Ready(Ok(()));
            }
            if this.mapper.has_more() {
                this.mapper.write(this.encoder)?;
                continue;
            }
            let trailers = match ready!(this.body.as_mut().poll_frame(cx)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => {
                        this.mapper.push(into_bytes(data));
                        this.mapper.write(this.encoder)?;
                        continue;
                    }
                    Err(frame) => frame.into_trailers().ok(),
                },
                Some(Err(error)) => return Poll::Ready(Err(Error::body(error.into()))),
                None => None,
            };
            let final_event = this.final_event.take();
            if let (true, Some(event)) = (this.mapper.finish(this.encoder), final_event) {
                this.encoder.encoded(&event);
            }
            *this.state = State::Ended(trailers.map(without_validators));
        }
        // A body that yields nothing which goes out must not hold its thread for ever.
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Ends the stream after an error: with the event that the user makes of it, or by failing.
    fn fail(self: Pin<&mut Self>, error: Error) {
        let this = self.project();
        this.mapper.flush(this.encoder);
        let has_place = this.mapper.is_between_events();
        this.mapper.push(Bytes::new());
        let Some(event) = this.error_event.take().filter(|_| has_place) else {
            *this.state = State::Failed(Failure::new(error));
            return;
        };
        let text = error.chain();
        let event = match catch_unwind(AssertUnwindSafe(|| event(error))) {
            Ok(event) => event,
            Err(payload) => {
                *this.state = State::Failed(Failure::new(Error::panic(payload)));
                return;
            }
        };
        *this.state = State::Ended(None);
        this.encoder.event(&event);
        this.encoder.end_event();
        this.link
            .iter()
            .for_each(|link| link.conclude(text.clone()));
    }
}

fn without_validators(mut trailers: HeaderMap) -> HeaderMap {
    head::remove_validators(&mut trailers);
    trailers
}
