use std::{
    mem,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    task::{Context, Poll, ready},
    time::{Duration, Instant},
};

use bytes::Bytes;
use http_body::{Body, Frame};

use super::{
    client::Client,
    final_frame::FinalFrame,
    gatherer::Gatherer,
    open::Open,
    record::{End, StreamRecord},
    source::{Next, poll_next},
};
use crate::{
    BoxError, CloseReason, Error, SseOptions, WireEnd, layer::nested::NestedState,
    time::ResettableSleep, wire::MAX_EMPTY,
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
    life: StreamRecord,
    alarm: ResettableSleep,
    client: Client,
    /// Whether nothing may be put in, for it is compressed.
    sealed: bool,
    /// `None` for an `EventStream`, which has gathered its events itself.
    gatherer: Option<Gatherer>,
}

#[derive(Debug)]
enum Phase {
    /// Not polled yet: an outer layer may still add to it.
    Fresh(NestedState),
    Open(Open),
    /// To break at this time.
    Failing(Instant, CloseReason, Error),
    Ended,
}

type PollFrame = Poll<Next>;

impl StreamState {
    pub(super) fn new(
        slot: NestedState,
        life: StreamRecord,
        alarm: ResettableSleep,
        client: Client,
        sealed: bool,
    ) -> Self {
        let gatherer = (!life.is_typed()).then(Gatherer::default);
        Self {
            phase: Phase::Fresh(slot),
            life,
            alarm,
            client,
            sealed,
            gatherer,
        }
    }

    pub(super) fn poll_frame<B>(&mut self, mut body: Pin<&mut B>, cx: &mut Context<'_>) -> PollFrame
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
            if let Some(end) = self.try_to_end(reason, cx) {
                return end;
            }
        }
        for _ in 0..MAX_EMPTY {
            let next = match self.poll_next(body.as_mut(), cx) {
                Poll::Ready(next) => next,
                Poll::Pending => return self.poll_idle(cx),
            };
            match next {
                Some(Ok(frame)) => {
                    if let Some(frame) = self.pass(frame) {
                        return Poll::Ready(Some(Ok(frame)));
                    }
                }
                Some(Err(error)) => return self.fail(error, cx),
                None => return self.finish(cx),
            }
        }
        cx.waker().wake_by_ref();
        self.poll_idle(cx)
    }

    /// Polls for the next frame of the body, in which small ones have been gathered.
    fn poll_next<B>(&mut self, body: Pin<&mut B>, cx: &mut Context<'_>) -> Poll<Next>
    where
        B: Body,
        B::Error: Into<BoxError>,
    {
        match &mut self.gatherer {
            Some(gatherer) => gatherer.poll(body, cx),
            None => poll_next(body, cx),
        }
    }

    /// Ends the stream when its body has come to an end.
    fn finish(&mut self, cx: &mut Context<'_>) -> PollFrame {
        match self.life.unconcluded() {
            Some(reason) => self.conclude(reason, cx),
            None => self.complete(),
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
            Phase::Open(open) => {
                self.has_no_more(body) && !open.is_cut() && !self.owes_an_end(open)
            }
            Phase::Ended => true,
        }
    }

    /// Returns `true` if nothing follows from the body.
    fn has_no_more<B: Body>(&self, body: &B) -> bool {
        match &self.gatherer {
            Some(gatherer) => gatherer.is_end(body),
            None => body.is_end_stream(),
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
        let (open, preamble) = Open::begin(options, self.life.since(), self.sealed);
        self.phase = Phase::Open(open);
        self.life.set_audience(self.client.audience());
        self.life.open();
        preamble
    }

    /// Returns `true` if the client can get later what it misses. That a channel is within may show
    /// only at the end, where the type of the events hides it.
    fn is_resumable(&self, open: &Open) -> bool {
        open.is_resumable(&self.client, self.life.is_resumable())
    }

    /// Returns why the stream is to end though its body may have more, if it is.
    fn is_over(&mut self) -> Option<CloseReason> {
        let is_channel = self.life.is_resumable();
        let Phase::Open(open) = &mut self.phase else {
            return None;
        };
        if let Some(leaving) = open.leaving() {
            return Some(leaving.reason);
        }
        if let Some(order) = self.life.order() {
            return Some(order.reason());
        }
        let since = || {
            let now = self.alarm.now();
            let ago = self.life.since_trigger(now).unwrap_or_default();
            now.checked_sub(ago).unwrap_or(now)
        };
        let is_resumable = open.is_resumable(&self.client, is_channel);
        if self.life.is_shut_down() && open.ending.leave(is_resumable, since) {
            return Some(CloseReason::ShutDown);
        }
        // The clock is read only where there is an end: a stream may never be silent.
        open.ending.at()?;
        open.ending.reason(self.alarm.now())
    }

    /// Ends the stream, unless it has to wait for the end of an event. A body that always has more of
    /// that is never idle, so the time that it has is looked at here.
    fn try_to_end(&mut self, reason: CloseReason, cx: &mut Context<'_>) -> Option<PollFrame> {
        let Phase::Open(open) = &mut self.phase else {
            return None;
        };
        let by = open.leaving().and_then(|leaving| leaving.by);
        if open.leave(reason, || self.alarm.now()) {
            return Some(self.conclude(reason, cx));
        }
        let is_late = by.is_some_and(|by| by <= self.alarm.now());
        is_late.then(|| self.break_off(reason, Error::cut(reason), cx))
    }

    /// Waits, while the body has nothing, for the end or a heartbeat.
    fn poll_idle(&mut self, cx: &mut Context<'_>) -> PollFrame {
        let shut_down = self.life.poll_shutdown(cx).is_ready();
        if shut_down | self.life.poll_order(cx).is_ready() {
            let over = self.is_over();
            if let Some(end) = over.and_then(|reason| self.try_to_end(reason, cx)) {
                return end;
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
            if let Some(leaving) = open.leaving() {
                return self.break_off(leaving.reason, Error::cut(leaving.reason), cx);
            }
            if let Some(reason) = open.ending.reason(now) {
                match self.try_to_end(reason, cx) {
                    Some(end) => return end,
                    None => continue,
                }
            }
            // A closure of the user's may make it.
            match catch_unwind(AssertUnwindSafe(|| open.heartbeat(now))) {
                Ok(None) => {}
                Ok(Some(heartbeat)) => {
                    self.life.count_heartbeat();
                    return self.send(heartbeat);
                }
                Err(payload) => return self.fail(Error::panic(payload), cx),
            }
        }
    }

    /// Returns when an idle stream has something to do.
    fn next_due(&mut self) -> Option<Instant> {
        let Phase::Open(open) = &mut self.phase else {
            return None;
        };
        if let Some(leaving) = open.leaving() {
            return leaving.by;
        }
        let mut read = None;
        let heartbeat = open.next_heartbeat(|| *read.insert(self.alarm.now()));
        if let Some(now) = read {
            self.life.tell_in_time(now);
        }
        heartbeat.into_iter().chain(open.ending.at()).min()
    }

    /// Returns what goes out of a frame of the body, if anything does.
    fn pass(&mut self, mut frame: Frame<Bytes>) -> Option<Frame<Bytes>> {
        if let Phase::Open(open) = &mut self.phase {
            frame = open.pass(frame);
        }
        if frame.is_trailers() {
            // Nothing may follow trailers.
            self.close(End::new(CloseReason::Completed, WireEnd::Clean));
        }
        if let Some(data) = frame.data_ref() {
            if data.is_empty() {
                return None;
            }
            self.life.count(data);
            if self.life.frames() % TELL == 0 {
                self.life.tell();
            }
        }
        Some(frame)
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
        let words = FinalFrame::of(open, reason, &self.client, self.life.order());
        let is_clean = words.has_final_event || self.is_resumable(open);
        if words.bytes.is_empty() {
            if !is_clean {
                return self.break_off(reason, Error::cut(reason), cx);
            }
            self.close(End::new(reason, WireEnd::Clean));
            return Poll::Ready(None);
        }
        let sent = self.send(words.bytes);
        match is_clean {
            true => self.close(End::new(reason, WireEnd::Clean)),
            false => self.begin_failure(reason, Error::cut(reason), false),
        }
        sent
    }

    /// Ends a stream whose body has failed: by the event that the user has set for it, if it stands
    /// between two events, and else by a break.
    fn fail(&mut self, error: Error, cx: &mut Context<'_>) -> PollFrame {
        let reason = CloseReason::Failed;
        let Phase::Open(open) = &self.phase else {
            return Poll::Ready(None);
        };
        let Some(event) = open.event_for(reason) else {
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
        self.begin_failure(reason, error, is_resumable);
        self.poll_failure(cx)
    }

    fn begin_failure(&mut self, reason: CloseReason, error: Error, is_resumable: bool) {
        if self.client.needs_a_reset(is_resumable) {
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
