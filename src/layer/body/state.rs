use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    task::{Context, Poll, ready},
    time::Instant,
};

use bytes::Bytes;
use http_body::{Body, Frame};

use super::{
    check_end::check_end, client::Client, end::StreamEnd, frames::Frames, late_start::LateStart,
    pending_break::PendingBreak, record::StreamRecord, running::Running, source::NextFrame,
};
use crate::{
    BoxError, CloseReason, Error, SseOptions, layer::response_state::ResponseState,
    time::ResettableSleep, wire::MAX_EMPTY_ITEMS,
};

/// After how many frames a stream that is never silent reports what it has sent.
const REPORT_EVERY: u64 = 1024;

/// An event stream, with what the layers put into it and when they end it.
#[derive(Debug)]
pub(super) struct StreamState {
    pub(super) phase: Phase,
    pub(super) record: StreamRecord,
    pub(super) sleep: ResettableSleep,
    pub(super) client: Client,
    /// Whether nothing may be put in, since the body is compressed.
    sealed: bool,
    frames: Frames,
    /// What is kept until the head of the answer comes, if another head was sent before.
    pub(super) late: Option<Box<LateStart>>,
}

#[derive(Debug)]
pub(super) enum Phase {
    /// Not polled yet: an outer layer may still add to it.
    Fresh(ResponseState),
    Running(Running),
    /// The body of an outer layer acts in place of this one.
    Passing,
    /// About to break.
    Breaking(PendingBreak),
    Ended,
}

pub(super) type PollFrame = Poll<NextFrame>;

impl StreamState {
    pub(super) fn new(
        shared: ResponseState,
        record: StreamRecord,
        sleep: ResettableSleep,
        client: Client,
        sealed: bool,
    ) -> Self {
        let frames = Frames::of_stream(record.is_typed());
        Self {
            phase: Phase::Fresh(shared),
            record,
            sleep,
            client,
            sealed,
            frames,
            late: None,
        }
    }

    pub(super) fn poll_frame<B>(&mut self, mut body: Pin<&mut B>, cx: &mut Context<'_>) -> PollFrame
    where
        B: Body,
        B::Error: Into<BoxError>,
    {
        match &self.phase {
            Phase::Fresh(shared) if shared.is_taken_over() => {
                self.phase = Phase::Passing;
                return self.frames.poll_next(body, cx);
            }
            Phase::Passing => return self.frames.poll_next(body, cx),
            Phase::Fresh(shared) => {
                let (options, guards) = shared.take();
                self.late = LateStart::begin(shared, &options);
                self.record.set_guards(guards);
                if let Some(preamble) = self.begin(&options) {
                    return self.send(preamble);
                }
            }
            Phase::Running(_) => {}
            Phase::Breaking(_) => return self.poll_break(cx),
            Phase::Ended => return Poll::Ready(None),
        }
        // Before the body, or a busy stream would never end. This only looks: no waker is registered
        // until the body is pending, so that a frame of a busy stream takes no lock.
        if let Some(reason) = self.check_end() {
            if self.is_end(&*body) {
                // Nothing is missing, so nothing is cut.
                return self.complete();
            }
            if let Some(end) = self.try_end(reason, cx) {
                return end;
            }
        }
        for _ in 0..MAX_EMPTY_ITEMS {
            let next = match self.frames.poll_next(body.as_mut(), cx) {
                Poll::Ready(next) => next,
                Poll::Pending => match self.settle() {
                    Some(Some(first)) => return self.send(first),
                    Some(None) => continue,
                    None => return self.poll_idle(cx),
                },
            };
            match next {
                Some(Ok(frame)) => {
                    if let Some(frame) = self.pass(frame) {
                        return Poll::Ready(Some(Ok(frame)));
                    }
                }
                Some(Err(error)) => return self.fail(error, cx),
                None => return self.end_with_body(cx),
            }
        }
        cx.waker().wake_by_ref();
        self.poll_idle(cx)
    }

    /// Returns `true` if nothing follows: neither from the body nor from the layers.
    pub(super) fn is_end<B: Body>(&self, body: &B) -> bool {
        match &self.phase {
            Phase::Fresh(_) | Phase::Breaking(_) => false,
            Phase::Passing => self.frames.is_end(body),
            Phase::Running(running) => {
                self.frames.is_end(body) && !running.is_cut() && !self.has_to_show_end(running)
            }
            Phase::Ended => true,
        }
    }

    /// Returns `true` if the body has ended early, and the layer has to show that to the client.
    fn has_to_show_end(&self, running: &Running) -> bool {
        let early_end = self.record.early_end();
        early_end.is_some_and(|reason| {
            !self.is_resumable(running) || running.schedule.final_event(reason).is_some()
        })
    }

    /// Opens the stream, and returns its preamble.
    fn begin(&mut self, options: &SseOptions) -> Option<Bytes> {
        let (running, preamble) = Running::begin(options, self.record.since(), self.sealed);
        self.phase = Phase::Running(running);
        self.record.set_audience(self.client.audience());
        self.record.report_open();
        preamble
    }

    /// Returns `true` if the client can get later what it misses. The type of the events may hide that
    /// they come from a channel until the stream ends, so this is asked again each time.
    pub(super) fn is_resumable(&self, running: &Running) -> bool {
        running.is_resumable(&self.client, &self.record)
    }

    fn check_end(&mut self) -> Option<CloseReason> {
        let Phase::Running(running) = &mut self.phase else {
            return None;
        };
        check_end(running, &self.record, &self.client, &self.sleep)
    }

    /// Ends the stream, unless it has to wait for the end of an event. A body that always has more of
    /// that event is never idle, so the time that it has is checked here too.
    fn try_end(&mut self, reason: CloseReason, cx: &mut Context<'_>) -> Option<PollFrame> {
        let Phase::Running(running) = &mut self.phase else {
            return None;
        };
        let by = running.boundary_wait().and_then(|wait| wait.by);
        if running.is_at_boundary_or_wait(reason, || self.sleep.now()) {
            return Some(self.end(reason, cx));
        }
        let is_late = by.is_some_and(|by| by <= self.sleep.now());
        is_late.then(|| self.break_off(reason, Error::cut(reason), cx))
    }

    /// Waits, while the body has nothing, for an end or a heartbeat.
    fn poll_idle(&mut self, cx: &mut Context<'_>) -> PollFrame {
        // Both are polled, since each registers the task. An order or a trigger that came after the
        // check in `poll_frame` is found here, or wakes the task.
        let is_shut_down = self.record.poll_shutdown(cx).is_ready();
        if is_shut_down | self.record.poll_order(cx).is_ready() {
            let reason = self.check_end();
            if let Some(end) = reason.and_then(|reason| self.try_end(reason, cx)) {
                return end;
            }
        }
        loop {
            // Last, because the shutdown may have set another time.
            let Some(due) = self.next_due() else {
                return Poll::Pending;
            };
            let now = ready!(self.sleep.poll(due, cx));
            self.record.report_progress();
            let Phase::Running(running) = &mut self.phase else {
                return Poll::Pending;
            };
            if let Some(wait) = running.boundary_wait() {
                return self.break_off(wait.reason, Error::cut(wait.reason), cx);
            }
            // Before the heartbeat, which would be the last that a stream which ends now sends.
            if let Some(reason) = running.schedule.reason(now) {
                match self.try_end(reason, cx) {
                    Some(end) => return end,
                    None => continue,
                }
            }
            // A closure of the user's may make it.
            match catch_unwind(AssertUnwindSafe(|| running.take_due_heartbeat(now))) {
                Ok(None) => {}
                Ok(Some(heartbeat)) => {
                    self.record.count_heartbeat();
                    return self.send(heartbeat);
                }
                Err(payload) => return self.fail(Error::panic(payload), cx),
            }
        }
    }

    /// Returns when an idle stream has something to do.
    fn next_due(&mut self) -> Option<Instant> {
        let Phase::Running(running) = &mut self.phase else {
            return None;
        };
        if let Some(wait) = running.boundary_wait() {
            return wait.by;
        }
        let mut read = None;
        let heartbeat = running.schedule_heartbeat(|| *read.insert(self.sleep.now()));
        if let Some(now) = read {
            self.record.report_progress_if_due(now);
        }
        heartbeat.into_iter().chain(running.schedule.at()).min()
    }

    /// Returns what the stream sends of a frame of the body, if anything.
    fn pass(&mut self, mut frame: Frame<Bytes>) -> Option<Frame<Bytes>> {
        if let Phase::Running(running) = &mut self.phase {
            frame = running.pass(frame);
        }
        if frame.is_trailers() {
            // Nothing may follow trailers.
            self.close(StreamEnd::completed());
        }
        if let Some(data) = frame.data_ref() {
            if data.is_empty() {
                return None;
            }
            self.record.count(data);
            if self.record.frames() % REPORT_EVERY == 0 {
                self.record.report_progress();
            }
        }
        Some(frame)
    }

    /// Sends bytes of the layers' own.
    pub(super) fn send(&mut self, data: Bytes) -> PollFrame {
        self.record.count(&data);
        Poll::Ready(Some(Ok(Frame::data(data))))
    }
}
