use std::{
    mem,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::{Buf, Bytes};
use http_body::{Body, Frame};

use super::into_bytes;
use crate::{
    Heartbeat, alarm::Alarm, bom::BomFilter, boundary::Boundary, slot::Slot, timer::SharedTimer,
};

/// How long a failing body waits for the server to flush what came before.
///
/// hyper drops what it has not written when a body fails, the head included. Over HTTP/1 it flushes
/// as soon as the body is pending; over HTTP/2 another task does, on whatever thread.
const FLUSH: Duration = Duration::from_millis(100);

/// What the layer puts into an event stream, and when.
#[derive(Debug)]
pub(super) struct StreamState<E> {
    slot: Slot,
    alarm: Alarm,
    heartbeat: Heartbeat,
    phase: Phase<E>,
    bom: BomFilter,
    boundary: Boundary,
    /// Whether a preamble has been sent and nothing of the body yet.
    opening: bool,
    /// Whether something has been sent since the alarm was set.
    busy: bool,
}

#[derive(Debug)]
enum Phase<E> {
    /// Not polled yet: an outer layer may still add options.
    Fresh,
    Streaming,
    Failing(E),
    Ended,
}

type PollFrame<E> = Poll<Option<Result<Frame<Bytes>, E>>>;

impl<E> StreamState<E> {
    pub(super) fn new(timer: SharedTimer, slot: Slot) -> Self {
        Self {
            slot,
            alarm: Alarm::new(timer),
            heartbeat: Heartbeat::off(),
            phase: Phase::Fresh,
            bom: BomFilter::default(),
            boundary: Boundary::default(),
            opening: false,
            busy: true,
        }
    }

    pub(super) fn poll_frame<B>(&mut self, body: Pin<&mut B>, cx: &mut Context<'_>) -> PollFrame<E>
    where
        B: Body<Error = E>,
    {
        match self.phase {
            Phase::Fresh => {
                if let Some(preamble) = self.open() {
                    return self.inject(preamble);
                }
            }
            Phase::Streaming => {}
            Phase::Failing(_) => return self.poll_failure(cx),
            Phase::Ended => return Poll::Ready(None),
        }
        match body.poll_frame(cx) {
            Poll::Ready(Some(Ok(frame))) => Poll::Ready(Some(Ok(self.adopt(frame)))),
            Poll::Ready(Some(Err(error))) => {
                self.alarm.set(FLUSH);
                self.phase = Phase::Failing(error);
                self.poll_failure(cx)
            }
            Poll::Ready(None) => {
                self.phase = Phase::Ended;
                Poll::Ready(None)
            }
            Poll::Pending => self.poll_heartbeat(cx),
        }
    }

    /// Tells whether nothing follows: neither from the body nor from here.
    pub(super) fn is_end<B: Body>(&self, body: &B) -> bool {
        match self.phase {
            Phase::Fresh | Phase::Failing(_) => false,
            Phase::Streaming => body.is_end_stream(),
            Phase::Ended => true,
        }
    }

    /// Settles the options, and returns the preamble.
    fn open(&mut self) -> Option<Bytes> {
        self.phase = Phase::Streaming;
        let options = self.slot.options();
        self.heartbeat = options.heartbeat.unwrap_or_default();
        let preamble = options.preamble.unwrap_or_default();
        let preamble = preamble.encode(&options.retry.unwrap_or_default());
        self.opening = preamble.is_some();
        preamble
    }

    fn adopt<D: Buf>(&mut self, frame: Frame<D>) -> Frame<Bytes> {
        if frame.is_trailers() {
            self.phase = Phase::Ended;
        }
        let frame = frame.map_data(|data| self.bom.filter(into_bytes(data)));
        if let Some(data) = frame.data_ref().filter(|data| !data.is_empty()) {
            self.boundary = self.boundary.after(data);
            self.opening = false;
            self.busy = true;
        }
        frame
    }

    /// Sends something of the layer's own.
    fn inject(&mut self, bytes: Bytes) -> PollFrame<E> {
        self.busy = true;
        Poll::Ready(Some(Ok(Frame::data(bytes))))
    }

    fn poll_heartbeat(&mut self, cx: &mut Context<'_>) -> PollFrame<E> {
        let Some(interval) = self.heartbeat.interval() else {
            return Poll::Pending;
        };
        if mem::take(&mut self.busy) {
            self.alarm.set(interval);
        }
        ready!(self.alarm.poll(cx));
        match self.heartbeat.at(self.boundary, self.opening) {
            Some(heartbeat) => self.inject(heartbeat),
            // Nothing is safe here. The body's next bytes set the alarm again.
            None => Poll::Pending,
        }
    }

    fn poll_failure(&mut self, cx: &mut Context<'_>) -> PollFrame<E> {
        ready!(self.alarm.poll(cx));
        match mem::replace(&mut self.phase, Phase::Ended) {
            Phase::Failing(error) => Poll::Ready(Some(Err(error))),
            _ => Poll::Ready(None),
        }
    }
}
