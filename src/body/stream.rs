use std::{
    mem,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    task::{Context, Poll, ready},
    time::{Duration, Instant},
};

use bytes::{Buf, Bytes};
use http_body::{Body, Frame};

use super::{
    client::Client,
    ending::Ending,
    injection::Injection,
    into_bytes,
    life::{End, Life},
};
use crate::{
    BoxError, CloseReason, Encoder, Error, SseOptions, WireEnd,
    alarm::Alarm,
    lifecycle::{Order, retry_event, stop_event},
    slot::Slot,
};

/// How long a failing body waits for the server to flush what came before.
///
/// hyper drops what it has not written when a body fails, the head included. Over HTTP/1 it flushes
/// as soon as the body is pending; over HTTP/2 another task does, on whatever thread.
const FLUSH: Duration = Duration::from_millis(100);

/// After how many frames a stream that is never silent tells what it has sent.
const TELL: u64 = 1024;

/// An event stream, with what the layers put into it and when they end it.
#[derive(Debug)]
pub(super) struct StreamState {
    phase: Phase,
    life: Life,
    alarm: Alarm,
    client: Client,
    /// Whether nothing may be put in, for it is compressed.
    sealed: bool,
}

#[derive(Debug)]
enum Phase {
    /// Not polled yet: an outer layer may still add to it.
    Fresh(Slot),
    Open(Open),
    /// To break at this time.
    Failing(Instant, CloseReason, Error),
    Ended,
}

/// A stream that goes on.
#[derive(Debug)]
struct Open {
    ending: Ending,
    /// `None` where nothing may be put in.
    injection: Option<Injection>,
    leaving: Option<Leaving>,
    /// What the handler says of whether the client can get later what it misses.
    resumable: Option<bool>,
}

/// A stream that ends with the event which its body has begun.
#[derive(Clone, Copy, Debug)]
struct Leaving {
    reason: CloseReason,
    /// When it ends within the event.
    by: Option<Instant>,
}

type PollFrame = Poll<Option<Result<Frame<Bytes>, Error>>>;

impl StreamState {
    pub(super) fn new(slot: Slot, life: Life, alarm: Alarm, client: Client, sealed: bool) -> Self {
        Self {
            phase: Phase::Fresh(slot),
            life,
            alarm,
            client,
            sealed,
        }
    }

    pub(super) fn poll_frame<B>(&mut self, body: Pin<&mut B>, cx: &mut Context<'_>) -> PollFrame
    where
        B: Body,
        B::Error: Into<BoxError>,
    {
        match &self.phase {
            Phase::Fresh(slot) => {
                let options = self.life.settle(slot);
                if let Some(preamble) = self.open(&options) {
                    return self.send(preamble);
                }
            }
            Phase::Open(_) => {}
            Phase::Failing(..) => return self.poll_failure(cx),
            Phase::Ended => return Poll::Ready(None),
        }
        if let Some(reason) = self.is_over() {
            if self.is_end(&*body) {
                // Nothing is missing, so nothing is cut.
                return self.complete();
            }
            let is_late = self.is_late();
            match self.leave(reason) {
                Some(reason) => return self.conclude(reason, cx),
                None if is_late => return self.break_off(reason, Error::cut(reason), cx),
                None => {}
            }
        }
        // A body that has panicked is not polled again, so what state it is in does not matter.
        match catch_unwind(AssertUnwindSafe(|| body.poll_frame(cx))) {
            Ok(Poll::Ready(Some(Ok(frame)))) => Poll::Ready(Some(Ok(self.pass(frame)))),
            Ok(Poll::Ready(Some(Err(error)))) => self.fail(Error::body(error.into()), cx),
            Ok(Poll::Ready(None)) => match self.life.unconcluded() {
                Some(reason) => self.conclude(reason, cx),
                None => self.complete(),
            },
            Ok(Poll::Pending) => self.poll_idle(cx),
            Err(payload) => self.fail(Error::panic(payload), cx),
        }
    }

    /// Ends the stream as its body has ended.
    fn complete(&mut self) -> PollFrame {
        self.close(End::new(CloseReason::Completed, WireEnd::Clean));
        Poll::Ready(None)
    }

    /// Returns `true` if nothing follows: neither from the body nor from here.
    pub(super) fn is_end<B: Body>(&self, body: &B) -> bool {
        match &self.phase {
            Phase::Fresh(_) | Phase::Failing(..) => false,
            Phase::Open(open) => body.is_end_stream() && !self.owes_an_end(open),
            Phase::Ended => true,
        }
    }

    /// Closes the stream when its body is dropped.
    pub(super) fn dropped<B: Body>(&mut self, body: &B) {
        let end = match &self.phase {
            Phase::Ended => return,
            Phase::Failing(_, reason, error) => End::with(*reason, WireEnd::Dropped, error),
            Phase::Open(_) if self.is_end(body) => End::new(CloseReason::Completed, WireEnd::Clean),
            Phase::Open(_) => self.gone(),
            Phase::Fresh(slot) => {
                let _options = self.life.settle(slot);
                self.life.open();
                self.gone()
            }
        };
        self.close(end);
    }

    /// Returns `true` if the body has ended early, and the client is to see that.
    fn owes_an_end(&self, open: &Open) -> bool {
        let owed = self.life.unconcluded();
        owed.is_some_and(|reason| {
            !self.is_resumable(open) || open.ending.final_event(reason).is_some()
        })
    }

    /// Returns the end of a body that is dropped though it has more to send.
    fn gone(&self) -> End {
        let reason = match self.life.has_stalled() {
            true => CloseReason::Stalled,
            false => CloseReason::ClientGone,
        };
        End::new(reason, WireEnd::Dropped)
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
        self.phase = Phase::Open(Open {
            ending,
            injection,
            leaving: None,
            resumable: options.resumable,
        });
        self.life.open();
        preamble
    }

    /// Returns `true` if the client can get later what it misses. The end of a channel's stream may
    /// show it, where the type of its events does not.
    fn is_resumable(&self, open: &Open) -> bool {
        let by_default =
            || self.client.names_stream || self.client.reads && self.life.is_resumable();
        open.resumable.unwrap_or_else(by_default)
    }

    /// Returns why the stream is to end though its body may have more, if it is.
    fn is_over(&mut self) -> Option<CloseReason> {
        let Phase::Open(open) = &self.phase else {
            return None;
        };
        if let Some(leaving) = open.leaving {
            return Some(leaving.reason);
        }
        let is_resumable = self.is_resumable(open);
        let Phase::Open(open) = &mut self.phase else {
            return None;
        };
        if let Some(order) = self.life.order() {
            return Some(order.reason());
        }
        let since = || {
            let now = self.alarm.now();
            let ago = self.life.since_trigger(now).unwrap_or_default();
            now.checked_sub(ago).unwrap_or(now)
        };
        if self.life.is_shut_down() && open.ending.leave(is_resumable, since) {
            return Some(CloseReason::ShutDown);
        }
        // The clock is read only where there is an end: a stream may never be silent.
        open.ending.at()?;
        open.ending.reason(self.alarm.now())
    }

    /// Returns the reason if the stream can end here. Within an event it first waits for the end of
    /// that: half an event would be taken for a whole one, or glued to the next connection.
    fn leave(&mut self, reason: CloseReason) -> Option<CloseReason> {
        let Phase::Open(open) = &mut self.phase else {
            return None;
        };
        let injection = open.injection.as_ref();
        if injection.is_none_or(Injection::is_between_events) {
            return Some(reason);
        }
        if open.leaving.is_none() {
            let by = open.ending.boundary_by(self.alarm.now());
            open.leaving = Some(Leaving { reason, by });
        }
        None
    }

    /// Returns `true` if a stream has had its time to come to the end of an event. A body that always
    /// has more is never idle, so the alarm does not tell.
    fn is_late(&self) -> bool {
        let by = match &self.phase {
            Phase::Open(open) => open.leaving.and_then(|leaving| leaving.by),
            _ => None,
        };
        by.is_some_and(|by| by <= self.alarm.now())
    }

    /// Waits, while the body has nothing, for the end or a heartbeat.
    fn poll_idle(&mut self, cx: &mut Context<'_>) -> PollFrame {
        let shut_down = self.life.poll_shutdown(cx).is_ready();
        if shut_down | self.life.poll_order(cx).is_ready() {
            if let Some(reason) = self.is_over().and_then(|reason| self.leave(reason)) {
                return self.conclude(reason, cx);
            }
        }
        loop {
            let Some(due) = self.next_due() else {
                return Poll::Pending;
            };
            let now = ready!(self.alarm.poll(due, cx));
            self.life.tell();
            let Phase::Open(open) = &mut self.phase else {
                return Poll::Pending;
            };
            if let Some(leaving) = open.leaving {
                return self.break_off(leaving.reason, Error::cut(leaving.reason), cx);
            }
            if let Some(reason) = open.ending.reason(now) {
                match self.leave(reason) {
                    Some(reason) => return self.conclude(reason, cx),
                    None => continue,
                }
            }
            let heartbeat = open.injection.as_mut().and_then(|i| i.heartbeat(now));
            if let Some(heartbeat) = heartbeat {
                self.life.count_heartbeat();
                return self.send(heartbeat);
            }
        }
    }

    /// Returns when an idle stream has something to do.
    fn next_due(&mut self) -> Option<Instant> {
        let Phase::Open(open) = &mut self.phase else {
            return None;
        };
        if let Some(leaving) = open.leaving {
            return leaving.by;
        }
        let mut read = None;
        let heartbeat = match &mut open.injection {
            Some(injection) => injection.next_heartbeat(|| *read.insert(self.alarm.now())),
            None => None,
        };
        if let Some(now) = read {
            self.life.tell_in_time(now);
        }
        heartbeat.into_iter().chain(open.ending.at()).min()
    }

    /// Returns what goes out of a frame of the body.
    fn pass<D: Buf>(&mut self, frame: Frame<D>) -> Frame<Bytes> {
        if frame.is_trailers() {
            // Nothing may follow them.
            self.close(End::new(CloseReason::Completed, WireEnd::Clean));
        }
        let mut frame = frame.map_data(into_bytes);
        if let Phase::Open(open) = &mut self.phase {
            if let Some(injection) = &mut open.injection {
                frame = frame.map_data(|data| match open.leaving {
                    Some(_) => injection.pass_to_boundary(data),
                    None => injection.pass(data),
                });
            }
        }
        if let Some(data) = frame.data_ref() {
            self.life.count(data);
            if self.life.frames() % TELL == 0 {
                self.life.tell();
            }
        }
        frame
    }

    /// Sends something of the layers' own.
    fn send(&mut self, data: Bytes) -> PollFrame {
        self.life.count(&data);
        Poll::Ready(Some(Ok(Frame::data(data))))
    }

    /// Ends the stream where it stands, which is between two events: cleanly if its client comes
    /// back, or has an event of the user's that says that it is cut. Otherwise it breaks.
    fn conclude(&mut self, reason: CloseReason, cx: &mut Context<'_>) -> PollFrame {
        let Phase::Open(open) = &self.phase else {
            return Poll::Ready(None);
        };
        let (has_final_event, words) = self.last_words(open, reason);
        let is_clean = self.is_resumable(open) || has_final_event;
        if !is_clean && words.is_empty() {
            return self.break_off(reason, Error::cut(reason), cx);
        }
        let sent = match words.is_empty() {
            true => Poll::Ready(None),
            false => self.send(words),
        };
        match is_clean {
            true => self.close(End::new(reason, WireEnd::Clean)),
            false => self.begin_failure(reason, Error::cut(reason)),
        }
        sent
    }

    /// Returns what is sent last, and whether an event of the user's is in it.
    fn last_words(&self, open: &Open, reason: CloseReason) -> (bool, Bytes) {
        let mut encoder = Encoder::new();
        if open.injection.is_none() {
            return (false, encoder.take());
        }
        let policy = match self.life.order() {
            // It may have come when the stream was to end for another reason.
            Some(Order::Revoke(policy)) if reason == CloseReason::Revoked => Some(policy),
            _ => None,
        };
        let final_event = policy
            .and_then(|policy| policy.event())
            .or_else(|| open.ending.final_event(reason));
        if let Some(event) = final_event {
            encoder.encoded(event);
        }
        if self.client.names_stream && open.ending.sends_final_retry() {
            let event = match reason {
                CloseReason::ShutDown => {
                    let retry = open.ending.at_shutdown().retry_or_default();
                    retry.draw().map(retry_event)
                }
                CloseReason::Evicted => stop_event(reason),
                CloseReason::Revoked => policy
                    .filter(|policy| policy.stops())
                    .and_then(|_| stop_event(reason)),
                _ => None,
            };
            if let Some(event) = event {
                encoder.encoded(&event);
            }
        }
        (final_event.is_some(), encoder.take())
    }

    /// Ends a stream whose body has failed: by the event that the user has set for it, if it stands
    /// between two events, and else by a break.
    fn fail(&mut self, error: Error, cx: &mut Context<'_>) -> PollFrame {
        let reason = CloseReason::Failed;
        let Phase::Open(open) = &self.phase else {
            return Poll::Ready(None);
        };
        let injection = open.injection.as_ref();
        let event = open.ending.final_event(reason);
        let event = event.filter(|_| injection.is_some_and(Injection::is_between_events));
        let Some(event) = event.cloned() else {
            return self.break_off(reason, error, cx);
        };
        let sent = self.send(event.into());
        self.close(End::with(reason, WireEnd::Clean, &error));
        sent
    }

    /// Breaks the stream. Over HTTP/2 one that its client resumes ends instead, so that a client
    /// which does not notice a break comes back all the same.
    fn break_off(&mut self, reason: CloseReason, error: Error, cx: &mut Context<'_>) -> PollFrame {
        let is_resumable = match &self.phase {
            Phase::Open(open) => self.is_resumable(open),
            _ => false,
        };
        if is_resumable && self.client.may_miss_a_break() {
            self.close(End::with(reason, WireEnd::Clean, &error));
            return Poll::Ready(None);
        }
        self.begin_failure(reason, error);
        self.poll_failure(cx)
    }

    fn begin_failure(&mut self, reason: CloseReason, error: Error) {
        if self.client.takes_a_break_for_an_end() {
            self.life.break_connection();
        }
        self.phase = Phase::Failing(self.alarm.now() + FLUSH, reason, error);
    }

    fn poll_failure(&mut self, cx: &mut Context<'_>) -> PollFrame {
        if let Phase::Failing(at, ..) = self.phase {
            ready!(self.alarm.poll(at, cx));
        }
        let Phase::Failing(_, reason, error) = mem::replace(&mut self.phase, Phase::Ended) else {
            return Poll::Ready(None);
        };
        self.close(End::with(reason, WireEnd::Broken, &error));
        Poll::Ready(Some(Err(error)))
    }

    /// Reports the end to the layers.
    fn close(&mut self, end: End) {
        self.life.close(end, || self.alarm.now());
        self.phase = Phase::Ended;
    }
}
