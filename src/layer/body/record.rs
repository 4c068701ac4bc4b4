use std::{
    mem,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use bytes::Bytes;

use super::end::StreamEnd;
use crate::{
    CloseReason, StreamInfo, StreamSummary,
    layer::{guard::StreamGuard, limit::EndOrder},
    report::{Audience, Progress, StreamLink},
};

/// The interval at which a stream reports its progress to the layers, if it is never silent for so long
/// that a heartbeat is due.
const REPORT_INTERVAL: Duration = Duration::from_secs(10);

/// The counts of a stream, and the guards of the layers to which it is reported. It opens once, and
/// closes once.
#[derive(Debug)]
pub(crate) struct StreamRecord {
    since: Instant,
    guards: Vec<StreamGuard>,
    link: Option<StreamLink>,
    frames: u64,
    bytes: u64,
    heartbeats: u64,
    /// What has been reported to the layers, or `None` if none wants reports before the end.
    reported: Option<Box<Progress>>,
    reported_at: Instant,
}

impl StreamRecord {
    pub(crate) fn new(since: Instant, link: Option<StreamLink>) -> Self {
        Self {
            since,
            guards: Vec::new(),
            link,
            frames: 0,
            bytes: 0,
            heartbeats: 0,
            reported: None,
            reported_at: since,
        }
    }

    /// Sets the guards of the layers, to which the stream is reported.
    pub(super) fn set_guards(&mut self, guards: Vec<StreamGuard>) {
        self.guards = guards;
    }

    /// Takes into account what has come with the head of the answer, after the stream was opened: the guards of
    /// the layers inside, and the handler's labels, tags and data.
    pub(super) fn settle(
        &mut self,
        mut inner: Vec<StreamGuard>,
        info: Option<&StreamInfo>,
        link: Option<StreamLink>,
    ) {
        self.link = link.or(self.link.take());
        let link = self.link.as_ref();
        self.guards
            .iter_mut()
            .for_each(|guard| guard.update(info, link));
        inner.retain_mut(|guard| guard.is_new_beside(&self.guards));
        inner.iter_mut().for_each(StreamGuard::report_open);
        self.guards.splice(0..0, inner);
        let wants_progress = self.guards.iter().any(StreamGuard::wants_progress);
        if wants_progress && self.reported.is_none() {
            self.reported = Some(Box::default());
        }
    }

    /// Passes on to the stream inside what is known of its client.
    pub(super) fn set_audience(&self, audience: Audience) {
        self.link
            .iter()
            .for_each(|link| link.set_audience(audience));
    }

    /// Reports to the layers that the stream opens.
    pub(super) fn report_open(&mut self) {
        let wants_progress = self.guards.iter().any(StreamGuard::wants_progress);
        self.reported = wants_progress.then(Box::default);
        self.guards.iter_mut().for_each(StreamGuard::report_open);
    }

    pub(super) fn since(&self) -> Instant {
        self.since
    }

    pub(super) fn frames(&self) -> u64 {
        self.frames
    }

    pub(super) fn count(&mut self, data: &Bytes) {
        self.frames += 1;
        self.bytes += data.len() as u64;
        for guard in &self.guards {
            guard.set_bytes(self.bytes);
        }
    }

    /// Reports to the layers what has been sent, if the last report is old enough.
    pub(super) fn report_progress_if_due(&mut self, now: Instant) {
        if now.saturating_duration_since(self.reported_at) >= REPORT_INTERVAL {
            self.reported_at = now;
            self.report_progress();
        }
    }

    /// Reports to the layers what has been sent since the last report.
    pub(super) fn report_progress(&mut self) {
        let missed = self.missed();
        let Some(reported) = &mut self.reported else {
            return;
        };
        let sent = Progress {
            events: self.link.as_ref().map_or(0, StreamLink::events),
            missed,
            frames: self.frames,
            bytes: self.bytes,
            heartbeats: self.heartbeats,
        };
        if sent != **reported {
            let progress = sent.since(mem::replace(reported, sent));
            self.guards
                .iter()
                .for_each(|guard| guard.report_progress(progress));
        }
    }

    pub(super) fn count_heartbeat(&mut self) {
        self.heartbeats += 1;
    }

    /// Reports the end to the layers, and drops their guards. Only the first end counts.
    pub(super) fn close(&mut self, end: StreamEnd, now: impl FnOnce() -> Instant) {
        if self.guards.is_empty() {
            return;
        }
        self.report_progress();
        let link = self.link.as_ref();
        let own_reason = link.and_then(StreamLink::reason);
        let reason = match end.reason {
            CloseReason::Completed => own_reason.unwrap_or(end.reason),
            reason => reason,
        };
        let own_error = link.and_then(StreamLink::error).map(str::to_owned);
        let now = now();
        let mut summary = StreamSummary {
            reason,
            wire: end.wire,
            error: end.error.or(own_error),
            duration: now.saturating_duration_since(self.since),
            events: self.link.as_ref().map(StreamLink::events),
            missed: self.missed(),
            frames: self.frames,
            bytes: self.bytes,
            heartbeats: self.heartbeats,
            drain: None,
            labels: Default::default(),
            tags: Default::default(),
            data: Default::default(),
        };
        // Dropped together at the end: the shutdown is drained only when the end has been reported to all
        // layers, whose callbacks may do what has to be done before the process exits.
        let _members: Vec<_> = mem::take(&mut self.guards)
            .into_iter()
            .map(|guard| guard.close(&mut summary, now))
            .collect();
    }

    /// Returns `true` if the body is an `EventStream`, however it is boxed.
    pub(super) fn is_typed(&self) -> bool {
        self.link.is_some()
    }

    /// Returns `true` if the events are of a kind in which clients can resume, such as a channel's.
    pub(super) fn has_resumable_events(&self) -> bool {
        self.link
            .as_ref()
            .is_some_and(StreamLink::has_resumable_events)
    }

    /// Returns `true` if clients cannot resume, however they ask.
    pub(super) fn is_one_shot(&self) -> bool {
        self.link.as_ref().is_some_and(StreamLink::is_one_shot)
    }

    /// Returns why the stream inside ended early, if its client got no event that says so.
    pub(super) fn early_end(&self) -> Option<CloseReason> {
        self.link.as_ref().and_then(StreamLink::early_end)
    }

    /// Returns the order to end the stream that came from outside, if there is one.
    pub(super) fn order(&self) -> Option<&EndOrder> {
        self.guards.iter().find_map(StreamGuard::order)
    }

    /// Polls for an order to end the stream from outside.
    pub(super) fn poll_order(&self, cx: &mut Context<'_>) -> Poll<()> {
        for guard in &self.guards {
            guard.register(cx);
        }
        match self.order() {
            Some(_) => Poll::Ready(()),
            None => Poll::Pending,
        }
    }

    fn missed(&self) -> u64 {
        self.link.as_ref().map_or(0, StreamLink::missed)
    }

    /// Makes the connection reset when it closes, if a layer can reach it.
    pub(super) fn reset_on_close(&self) {
        self.guards.iter().for_each(StreamGuard::reset_on_close);
    }

    pub(super) fn has_stalled(&self) -> bool {
        self.guards.iter().any(StreamGuard::has_stalled)
    }

    pub(super) fn is_shut_down(&self) -> bool {
        self.guards.iter().any(StreamGuard::is_shut_down)
    }

    /// Returns how long ago the first shutdown began, if one has.
    pub(super) fn since_trigger(&self, now: Instant) -> Option<Duration> {
        let since = |guard: &StreamGuard| guard.since_trigger(now);
        self.guards.iter().filter_map(since).max()
    }

    /// Polls for the beginning of a shutdown.
    pub(super) fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let begun = |guard: &mut StreamGuard| guard.poll_shutdown(cx).is_ready();
        // All of them are polled, since each registers the task that it wakes.
        match self.guards.iter_mut().map(begun).fold(false, |a, b| a | b) {
            true => Poll::Ready(()),
            false => Poll::Pending,
        }
    }
}
