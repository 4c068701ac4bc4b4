//! The ways in which a stream ends.
//!
//! | cause | begins in | reason |
//! |---|---|---|
//! | the body ends | [`end_with_body`](StreamState::end_with_body) | `completed`, or why the `EventStream` ended early: `lagged`, `failed` |
//! | the body or a closure fails or panics | [`fail`](StreamState::fail) | `failed` |
//! | shutdown, lifetime, deadline | `check_end.rs`, by the [`EndSchedule`](super::schedule::EndSchedule) | of the same name |
//! | revocation, eviction | `check_end.rs`, by an order to the stream's control | `revoked`, `evicted` |
//! | the server drops the body | [`dropped`](StreamState::dropped) | `client_gone`, `stalled` |
//!
//! Each goes through [`close`](StreamState::close), which reports the end to the layers once.

use std::{
    mem,
    task::{Context, Poll, ready},
};

use http_body::Body;

use super::{
    end::StreamEnd,
    final_frame::FinalFrame,
    pending_break::PendingBreak,
    state::{Phase, PollFrame, StreamState},
};
use crate::{CloseReason, Error, WireEnd};

impl StreamState {
    /// Ends the stream when its body has ended.
    pub(super) fn end_with_body(&mut self, cx: &mut Context<'_>) -> PollFrame {
        match self.record.early_end() {
            Some(reason) => self.end(reason, cx),
            None => self.complete(),
        }
    }

    /// Ends the stream as its body has ended.
    pub(super) fn complete(&mut self) -> PollFrame {
        self.close(StreamEnd::completed());
        Poll::Ready(None)
    }

    /// Ends the stream where it stands, which is between two events: cleanly if its client reconnects,
    /// or gets an event of the user's that says that the stream is cut. Otherwise it breaks.
    pub(super) fn end(&mut self, reason: CloseReason, cx: &mut Context<'_>) -> PollFrame {
        let Phase::Running(running) = &self.phase else {
            return Poll::Ready(None);
        };
        let last = FinalFrame::of(running, reason, &self.client, self.record.order());
        let is_clean = last.has_final_event || self.is_resumable(running);
        if last.bytes.is_empty() {
            if !is_clean {
                return self.break_off(reason, Error::cut(reason), cx);
            }
            self.close(StreamEnd::new(reason, WireEnd::Clean));
            return Poll::Ready(None);
        }
        let sent = self.send(last.bytes);
        match is_clean {
            true => self.close(StreamEnd::new(reason, WireEnd::Clean)),
            false => self.begin_break(reason, Error::cut(reason), false),
        }
        sent
    }

    /// Ends a stream whose body has failed: by the event that the user has set for it, if it stands
    /// between two events. Otherwise it breaks.
    pub(super) fn fail(&mut self, error: Error, cx: &mut Context<'_>) -> PollFrame {
        let reason = CloseReason::Failed;
        let Phase::Running(running) = &self.phase else {
            return Poll::Ready(None);
        };
        let event = running
            .event_for(reason)
            .or_else(|| running.late_event(&error, &self.client));
        let Some(event) = event else {
            return self.break_off(reason, error, cx);
        };
        let sent = self.send(event.into());
        self.close(StreamEnd::with_error(reason, WireEnd::Clean, &error));
        sent
    }

    /// Breaks the stream. Over HTTP/2 a resumable one ends cleanly instead, so that a client which does
    /// not notice a break reconnects all the same.
    pub(super) fn break_off(
        &mut self,
        reason: CloseReason,
        error: Error,
        cx: &mut Context<'_>,
    ) -> PollFrame {
        let is_resumable = match &self.phase {
            Phase::Running(running) => self.is_resumable(running),
            _ => false,
        };
        if is_resumable && self.client.may_miss_a_break() {
            self.close(StreamEnd::with_error(reason, WireEnd::Clean, &error));
            return Poll::Ready(None);
        }
        self.begin_break(reason, error, is_resumable);
        self.poll_break(cx)
    }

    fn begin_break(&mut self, reason: CloseReason, error: Error, is_resumable: bool) {
        if self.client.needs_a_reset(is_resumable) {
            self.record.reset_on_close();
        }
        let pending = PendingBreak::after_flush(reason, error, self.sleep.now());
        self.phase = Phase::Breaking(pending);
    }

    pub(super) fn poll_break(&mut self, cx: &mut Context<'_>) -> PollFrame {
        if let Phase::Breaking(pending) = &self.phase {
            ready!(pending.poll(&mut self.sleep, cx));
        }
        let Phase::Breaking(pending) = mem::replace(&mut self.phase, Phase::Ended) else {
            return Poll::Ready(None);
        };
        let PendingBreak { reason, error, .. } = pending;
        self.close(StreamEnd::with_error(reason, WireEnd::Broken, &error));
        Poll::Ready(Some(Err(error)))
    }

    /// Reports the end to the layers.
    pub(super) fn close(&mut self, end: StreamEnd) {
        self.record.close(end, || self.sleep.now());
        self.phase = Phase::Ended;
    }

    /// Closes the stream when its body is dropped.
    pub(super) fn dropped<B: Body>(&mut self, body: &B) {
        let end = match &self.phase {
            Phase::Ended | Phase::Passing => return,
            Phase::Breaking(PendingBreak { reason, error, .. }) => {
                StreamEnd::with_error(*reason, WireEnd::Dropped, error)
            }
            Phase::Running(_) if self.is_end(body) => StreamEnd::completed(),
            Phase::Running(_) => self.end_of_dropped(),
            Phase::Fresh(shared) => {
                let (_options, guards) = shared.take();
                self.record.set_guards(guards);
                self.record.report_open();
                self.end_of_dropped()
            }
        };
        self.close(end);
    }

    /// Returns the end of a body that is dropped though it has more to send.
    fn end_of_dropped(&self) -> StreamEnd {
        let reason = match self.record.has_stalled() {
            true => CloseReason::Stalled,
            false => CloseReason::ClientGone,
        };
        StreamEnd::new(reason, WireEnd::Dropped)
    }
}
