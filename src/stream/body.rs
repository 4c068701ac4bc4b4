//! A stream of events, polled as a body.

use std::{
    mem,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use futures_util::Stream;
use http_body::{Body, Frame};

use super::{
    EventItem, EventStream,
    event_stream::EventStreamState,
    failure::Failure,
    scope::{Reports, Scope},
};
use crate::{Error, report::StreamLink, wire::MAX_EMPTY_ITEMS};

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
        let this = self.as_mut().project();
        if this.pending.is_owed() && !this.encoder.is_empty() {
            // The source was pending after more than one frame: the `Pending` comes after the last.
            return Poll::Ready(Some(Ok(Frame::data(this.encoder.take()))));
        }
        if this.pending.poll(cx).is_pending() {
            this.encoder.release_memory();
            return Poll::Pending;
        }
        let gathered = self.as_mut().gather_or_fail(cx);
        let this = self.project();
        let events = this.encoder.take_events();
        if let Some(link) = this.link {
            link.add(events);
            if this.encoder.has_resumable_events() {
                link.set_resumable();
            }
        }
        if !this.encoder.is_empty() {
            if gathered.is_pending() {
                this.pending.owe();
            }
            return Poll::Ready(Some(Ok(Frame::data(this.encoder.take()))));
        }
        if gathered.is_pending() {
            this.encoder.release_memory();
            return Poll::Pending;
        }
        match this.state {
            EventStreamState::Failed(failure) => failure.poll(cx).map(|error| error.map(Err)),
            EventStreamState::Open | EventStreamState::Ended => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self.state, EventStreamState::Ended) && self.encoder.is_empty()
    }
}

impl<S> EventStream<S>
where
    S: Stream,
    S::Item: EventItem,
{
    /// Gathers a frame. If that fails or panics, the stream ends with the error.
    fn gather_or_fail(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let pending = mem::take(self.as_mut().project().pending);
        // A stream that has panicked is not polled again, so its state does not matter.
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

    /// Encodes the events that are ready. Is pending while more may come, and ready when the frame is full
    /// or the stream has ended.
    fn gather(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        let this = self.as_mut().project();
        // Without a layer it has no reader: the other handle has gone with the head of the response.
        this.link.take_if(|link| !link.is_shared());
        *this.item_end = this.encoder.mark();
        let audience = this
            .link
            .as_ref()
            .map(StreamLink::audience)
            .unwrap_or_default();
        self.gather_in(&Scope::enter(audience), cx)
    }

    fn gather_in(
        mut self: Pin<&mut Self>,
        scope: &Scope,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), Error>> {
        let mut empty = 0;
        while empty < MAX_EMPTY_ITEMS {
            let this = self.as_mut().project();
            if !matches!(this.state, EventStreamState::Open) || this.encoder.is_full() {
                return Poll::Ready(Ok(()));
            }
            let polled = this.stream.poll_next(cx);
            if let Some(reports) = scope.take() {
                self.as_mut().apply(reports);
            }
            let this = self.as_mut().project();
            let item = match polled {
                // A subscription has ended the stream. The item of the same poll is not sent: it may come
                // from a stream that is chained to the channel, such as an event that reports completion.
                _ if matches!(this.state, EventStreamState::Ended) => continue,
                Poll::Ready(Some(item)) => item,
                Poll::Ready(None) => {
                    *this.state = EventStreamState::Ended;
                    if let Some(event) = this.final_event.take() {
                        this.encoder.encoded(&event);
                    }
                    continue;
                }
                Poll::Pending => return Poll::Pending,
            };
            let event = item.into_result().map_err(Error::stream)?;
            this.encoder.push(&event).map_err(Error::encode)?;
            let before = mem::replace(this.item_end, this.encoder.mark());
            empty += usize::from(*this.item_end == before);
        }
        // A source that yields only empty items must not hold its thread for ever.
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Applies the reports of subscriptions. Notices go before the item of the same poll, which may be
    /// newer than the missed events.
    fn apply(self: Pin<&mut Self>, reports: Reports) {
        let this = self.project();
        for notice in &reports.notices {
            this.encoder.encoded(notice);
        }
        *this.item_end = this.encoder.mark();
        if reports.end.is_some() {
            // Even if the channel has been merged with a stream that goes on: the client has to reconnect.
            *this.state = EventStreamState::Ended;
        }
        let Some(link) = this.link else { return };
        link.miss(reports.missed);
        if reports.is_one_shot {
            link.set_one_shot();
        }
        if let Some(reason) = reports.end {
            link.end(reason);
        }
    }

    /// Ends the stream after an error: with the event that the user makes of it, or by failing.
    fn fail(self: Pin<&mut Self>, error: Error) {
        let this = self.project();
        // An item that panicked has left a part of itself in the frame.
        this.encoder.reset(*this.item_end);
        let Some(event) = this.error_event.take() else {
            *this.state = EventStreamState::Failed(Failure::new(error));
            return;
        };
        let text = error.chain();
        let event = match catch_unwind(AssertUnwindSafe(|| event(error))) {
            Ok(event) => event,
            Err(payload) => {
                *this.state = EventStreamState::Failed(Failure::new(Error::panic(payload)));
                return;
            }
        };
        *this.state = EventStreamState::Ended;
        this.encoder.event(&event);
        this.encoder.end_event();
        for link in this.link.iter() {
            link.conclude(text.clone());
        }
    }
}
