use std::{
    mem,
    pin::Pin,
    task::{Context, Poll, ready},
    time::{Duration, Instant},
};

use bytes::{Buf, Bytes};
use http_body::{Body, Frame};

use super::{ending::Ending, injection::Injection, into_bytes, life::Life};
use crate::{CloseReason, SseOptions, alarm::Alarm, slot::Slot};

/// How long a failing body waits for the server to flush what came before.
///
/// hyper drops what it has not written when a body fails, the head included. Over HTTP/1 it flushes
/// as soon as the body is pending; over HTTP/2 another task does, on whatever thread.
const FLUSH: Duration = Duration::from_millis(100);

/// After how many frames a stream that is never silent tells what it has sent.
const TELL: u64 = 1024;

/// An event stream, with what the layers put into it and when they end it.
#[derive(Debug)]
pub(super) struct StreamState<E> {
    phase: Phase<E>,
    life: Life,
    alarm: Alarm,
    /// Whether nothing may be put in, for it is compressed.
    sealed: bool,
    /// Whether the body is being polled. If it is when it is dropped, it has panicked.
    polling: bool,
}

#[derive(Debug)]
enum Phase<E> {
    /// Not polled yet: an outer layer may still add to it.
    Fresh(Slot),
    Streaming(Ending, Option<Injection>),
    /// Failed, to be told at this time.
    Failing(Instant, E),
    Ended,
}

type PollFrame<E> = Poll<Option<Result<Frame<Bytes>, E>>>;

impl<E> StreamState<E> {
    pub(super) fn new(slot: Slot, life: Life, alarm: Alarm, sealed: bool) -> Self {
        Self {
            phase: Phase::Fresh(slot),
            life,
            alarm,
            sealed,
            polling: false,
        }
    }

    pub(super) fn poll_frame<B>(&mut self, body: Pin<&mut B>, cx: &mut Context<'_>) -> PollFrame<E>
    where
        B: Body<Error = E>,
    {
        match &self.phase {
            Phase::Fresh(slot) => {
                let options = self.life.settle(slot);
                if let Some(preamble) = self.open(&options) {
                    return self.send(preamble);
                }
            }
            Phase::Streaming(..) => {}
            Phase::Failing(..) => return self.poll_failure(cx),
            Phase::Ended => return Poll::Ready(None),
        }
        if let Some(reason) = self.is_over() {
            return self.end(reason);
        }
        self.polling = true;
        let polled = body.poll_frame(cx);
        self.polling = false;
        match polled {
            Poll::Ready(Some(Ok(frame))) => Poll::Ready(Some(Ok(self.pass(frame)))),
            Poll::Ready(Some(Err(error))) => {
                self.phase = Phase::Failing(self.alarm.now() + FLUSH, error);
                self.poll_failure(cx)
            }
            Poll::Ready(None) => {
                self.close(CloseReason::Completed);
                Poll::Ready(None)
            }
            Poll::Pending => self.poll_idle(cx),
        }
    }

    /// Tells whether nothing follows: neither from the body nor from here.
    pub(super) fn is_end<B: Body>(&self, body: &B) -> bool {
        match self.phase {
            Phase::Fresh(_) | Phase::Failing(..) => false,
            Phase::Streaming(..) => body.is_end_stream(),
            Phase::Ended => true,
        }
    }

    /// Heeds that the body is dropped.
    pub(super) fn dropped<B: Body>(&mut self, body: &B) {
        let reason = match &self.phase {
            Phase::Ended => return,
            Phase::Failing(..) => CloseReason::Failed,
            // First, for a body that has panicked may say anything.
            Phase::Streaming(..) if self.polling => CloseReason::Failed,
            Phase::Streaming(..) if body.is_end_stream() => CloseReason::Completed,
            Phase::Streaming(..) => self.gone(),
            Phase::Fresh(slot) => {
                let _options = self.life.settle(slot);
                self.life.open();
                self.gone()
            }
        };
        self.close(reason);
    }

    /// Returns the reason why a body is dropped that has more to send.
    fn gone(&self) -> CloseReason {
        match self.life.has_stalled() {
            true => CloseReason::Stalled,
            false => CloseReason::ClientGone,
        }
    }

    /// Opens the stream, and returns its preamble.
    fn open(&mut self, options: &SseOptions) -> Option<Bytes> {
        let ending = Ending::begin(options, self.life.since());
        let (injection, preamble) = match self.sealed {
            true => (None, None),
            false => {
                let (injection, preamble) = Injection::begin(options);
                (Some(injection), preamble)
            }
        };
        self.phase = Phase::Streaming(ending, injection);
        self.life.open();
        preamble
    }

    /// Returns why the stream is to end though its body may have more, if it is.
    fn is_over(&mut self) -> Option<CloseReason> {
        let Phase::Streaming(ending, _) = &mut self.phase else {
            return None;
        };
        let since = || {
            let now = self.alarm.now();
            let ago = self.life.since_trigger(now).unwrap_or_default();
            now.checked_sub(ago).unwrap_or(now)
        };
        if self.life.is_shut_down() && ending.leave(since) {
            return Some(CloseReason::ShutDown);
        }
        // The clock is read only where there is an end: a stream may never be silent.
        ending.at()?;
        ending.reason(self.alarm.now())
    }

    /// Waits, while the body has nothing, for the end or a heartbeat.
    fn poll_idle(&mut self, cx: &mut Context<'_>) -> PollFrame<E> {
        if self.life.poll_shutdown(cx).is_ready() {
            if let Some(reason) = self.is_over() {
                return self.end(reason);
            }
        }
        let Phase::Streaming(ending, injection) = &mut self.phase else {
            return Poll::Pending;
        };
        loop {
            let mut read = None;
            let heartbeat = match injection {
                Some(injection) => injection.next_heartbeat(|| *read.insert(self.alarm.now())),
                None => None,
            };
            if let Some(now) = read {
                self.life.tell_in_time(now);
            }
            let Some(due) = heartbeat.into_iter().chain(ending.at()).min() else {
                return Poll::Pending;
            };
            let now = ready!(self.alarm.poll(due, cx));
            self.life.tell();
            if let Some(reason) = ending.reason(now) {
                return self.end(reason);
            }
            let heartbeat = injection.as_mut().and_then(|i| i.heartbeat(now));
            if let Some(heartbeat) = heartbeat {
                self.life.count_heartbeat();
                return self.send(heartbeat);
            }
        }
    }

    fn poll_failure(&mut self, cx: &mut Context<'_>) -> PollFrame<E> {
        if let Phase::Failing(at, _) = self.phase {
            ready!(self.alarm.poll(at, cx));
        }
        match self.close(CloseReason::Failed) {
            Phase::Failing(_, error) => Poll::Ready(Some(Err(error))),
            _ => Poll::Ready(None),
        }
    }

    /// Returns what goes out of a frame of the body.
    fn pass<D: Buf>(&mut self, frame: Frame<D>) -> Frame<Bytes> {
        if frame.is_trailers() {
            // Nothing may follow them.
            self.close(CloseReason::Completed);
        }
        let frame = frame.map_data(into_bytes);
        let frame = match &mut self.phase {
            Phase::Streaming(_, Some(injection)) => frame.map_data(|data| injection.pass(data)),
            _ => frame,
        };
        if let Some(data) = frame.data_ref() {
            self.life.count(data);
            if self.life.frames() % TELL == 0 {
                self.life.tell();
            }
        }
        frame
    }

    /// Sends something of the layers' own.
    fn send(&mut self, data: Bytes) -> PollFrame<E> {
        self.life.count(&data);
        Poll::Ready(Some(Ok(Frame::data(data))))
    }

    /// Ends the stream with what may be said last.
    fn end(&mut self, reason: CloseReason) -> PollFrame<E> {
        let words = match &self.phase {
            Phase::Streaming(ending, Some(injection)) if reason == CloseReason::ShutDown => {
                injection.last_words(ending.at_shutdown())
            }
            _ => Bytes::new(),
        };
        if words.is_empty() {
            self.close(reason);
            return Poll::Ready(None);
        }
        let sent = self.send(words);
        self.close(reason);
        sent
    }

    /// Tells the layers of the end. Returns what was before it.
    fn close(&mut self, reason: CloseReason) -> Phase<E> {
        self.life.close(reason, || self.alarm.now());
        mem::replace(&mut self.phase, Phase::Ended)
    }
}
