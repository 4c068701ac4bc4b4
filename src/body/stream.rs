use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::{Buf, Bytes};
use http_body::{Body, Frame};

use super::into_bytes;
use crate::{
    Heartbeat, alarm::Alarm, bom::BomFilter, boundary::Boundary, failure::Failure, slot::Slot,
    timer::SharedTimer,
};

/// What the layer puts into an event stream, and when.
#[derive(Debug)]
pub(super) struct StreamState<E> {
    slot: Slot,
    alarm: Alarm,
    heartbeat: Heartbeat,
    bom: BomFilter,
    boundary: Boundary,
    /// Whether the stream has been polled, so that its options are settled.
    opened: bool,
    /// Whether a preamble has been sent and nothing else.
    opening: bool,
    /// Whether something has been sent since the alarm was set.
    busy: bool,
    failure: Option<Failure<E>>,
}

type PollFrame<E> = Poll<Option<Result<Frame<Bytes>, E>>>;

impl<E> StreamState<E> {
    pub(super) fn new(timer: SharedTimer, slot: Slot) -> Self {
        Self {
            slot,
            alarm: Alarm::new(timer),
            heartbeat: Heartbeat::off(),
            bom: BomFilter::default(),
            boundary: Boundary::default(),
            opened: false,
            opening: false,
            busy: true,
            failure: None,
        }
    }

    pub(super) fn poll_frame<B>(&mut self, body: Pin<&mut B>, cx: &mut Context<'_>) -> PollFrame<E>
    where
        B: Body<Error = E>,
    {
        if let Some(preamble) = self.open() {
            return data(preamble);
        }
        if let Some(failure) = &mut self.failure {
            return failure.poll(cx).map(|error| error.map(Err));
        }
        match body.poll_frame(cx) {
            Poll::Ready(Some(Ok(frame))) => Poll::Ready(Some(Ok(self.adopt(frame)))),
            Poll::Ready(Some(Err(error))) => {
                let failure = self.failure.insert(Failure::new(error));
                failure.poll(cx).map(|error| error.map(Err))
            }
            Poll::Ready(None) => Poll::Ready(None),
            Poll::Pending => self.poll_heartbeat(cx),
        }
    }

    /// Tells whether nothing follows: neither from the body nor from here.
    pub(super) fn is_end<B: Body>(&self, body: &B) -> bool {
        self.opened && self.failure.is_none() && body.is_end_stream()
    }

    /// At the first poll, settles the options, to which an outer layer may have added, and returns
    /// the preamble.
    fn open(&mut self) -> Option<Bytes> {
        if std::mem::replace(&mut self.opened, true) {
            return None;
        }
        let options = self.slot.options();
        self.heartbeat = options.heartbeat.unwrap_or_default();
        let preamble = options.preamble.unwrap_or_default();
        let preamble = preamble.encode(&options.retry.unwrap_or_default());
        self.opening = preamble.is_some();
        preamble
    }

    fn adopt<D: Buf>(&mut self, frame: Frame<D>) -> Frame<Bytes> {
        let frame = frame.map_data(|data| self.bom.filter(into_bytes(data)));
        if let Some(data) = frame.data_ref().filter(|data| !data.is_empty()) {
            self.boundary = self.boundary.after(data);
            self.opening = false;
            self.busy = true;
        }
        frame
    }

    fn poll_heartbeat(&mut self, cx: &mut Context<'_>) -> PollFrame<E> {
        let Some(interval) = self.heartbeat.interval() else {
            return Poll::Pending;
        };
        if std::mem::take(&mut self.busy) {
            self.alarm.set(interval);
        }
        ready!(self.alarm.poll(cx));
        // Where nothing is safe the body's next bytes set the alarm again.
        let Some(heartbeat) = self.heartbeat.at(self.boundary, self.opening) else {
            return Poll::Pending;
        };
        self.busy = true;
        data(heartbeat)
    }
}

fn data<E>(data: Bytes) -> PollFrame<E> {
    Poll::Ready(Some(Ok(Frame::data(data))))
}
