use std::{
    mem,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use bytes::Bytes;

use crate::{
    CloseReason, Error, SseOptions, StreamSummary, WireEnd,
    layer::{guard::StreamGuard, limit::EndOrder, nested::NestedState},
    report::{Audience, Progress, StreamStats},
};

/// How often an open stream reports its progress to the layers.
const TELL: Duration = Duration::from_secs(10);

/// How a stream has ended.
pub(super) struct End {
    pub(super) reason: CloseReason,
    pub(super) wire: WireEnd,
    pub(super) error: Option<String>,
}

impl End {
    /// Returns the end of a stream without an error.
    pub(super) fn new(reason: CloseReason, wire: WireEnd) -> Self {
        let error = None;
        Self {
            reason,
            wire,
            error,
        }
    }

    /// Returns the end of a stream with an error, whose text is kept unless the layer made it.
    pub(super) fn with(reason: CloseReason, wire: WireEnd, error: &Error) -> Self {
        let is_failure = error.close_reason().is_none();
        Self {
            error: is_failure.then(|| error.chain()),
            ..Self::new(reason, wire)
        }
    }
}

/// A stream as the layers around it count it: it opens once, and closes once.
#[derive(Debug)]
pub(crate) struct StreamRecord {
    since: Instant,
    attachments: Vec<StreamGuard>,
    tally: Option<StreamStats>,
    frames: u64,
    bytes: u64,
    heartbeats: u64,
    /// What has been reported to the layers; `None` if none wants reports before the end.
    told: Option<Box<Progress>>,
    told_at: Instant,
}

impl StreamRecord {
    pub(crate) fn new(since: Instant, tally: Option<StreamStats>) -> Self {
        Self {
            since,
            attachments: Vec::new(),
            tally,
            frames: 0,
            bytes: 0,
            heartbeats: 0,
            told: None,
            told_at: since,
        }
    }

    /// Takes over what the layers have attached. Returns the options, which are settled now.
    pub(super) fn settle(&mut self, slot: &NestedState) -> SseOptions {
        self.attachments = slot.take_attachments();
        slot.options()
    }

    /// Tells the stream inside what is known of its client.
    pub(super) fn set_audience(&self, audience: Audience) {
        self.tally
            .iter()
            .for_each(|tally| tally.set_audience(audience));
    }

    /// Reports to the layers that the stream opens.
    pub(super) fn open(&mut self) {
        let recorded = self.attachments.iter().any(StreamGuard::records);
        self.told = recorded.then(Box::default);
        self.attachments.iter_mut().for_each(StreamGuard::opened);
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
        for attachment in &self.attachments {
            attachment.set_bytes(self.bytes);
        }
    }

    /// Reports what has been sent to the layers, if the last report was some seconds ago.
    pub(super) fn tell_in_time(&mut self, now: Instant) {
        if now.saturating_duration_since(self.told_at) >= TELL {
            self.told_at = now;
            self.tell();
        }
    }

    /// Reports to the layers what has been sent since the last report.
    pub(super) fn tell(&mut self) {
        let missed = self.missed();
        let Some(told) = &mut self.told else { return };
        let sent = Progress {
            events: self.tally.as_ref().map_or(0, StreamStats::events),
            missed,
            frames: self.frames,
            bytes: self.bytes,
            heartbeats: self.heartbeats,
        };
        if sent != **told {
            let progress = sent.since(mem::replace(told, sent));
            self.attachments
                .iter()
                .for_each(|attachment| attachment.progressed(progress));
        }
    }

    pub(super) fn count_heartbeat(&mut self) {
        self.heartbeats += 1;
    }

    /// Reports the end to the layers, and drops what they attached. Only the first end counts.
    pub(super) fn close(&mut self, end: End, now: impl FnOnce() -> Instant) {
        if self.attachments.is_empty() {
            return;
        }
        self.tell();
        let tally = self.tally.as_ref();
        let told = tally.and_then(StreamStats::reason);
        let reason = match end.reason {
            CloseReason::Completed => told.unwrap_or(end.reason),
            reason => reason,
        };
        let error = tally.and_then(StreamStats::error).map(str::to_owned);
        let now = now();
        let mut summary = StreamSummary {
            reason,
            wire: end.wire,
            error: end.error.or(error),
            duration: now.saturating_duration_since(self.since),
            events: self.tally.as_ref().map(StreamStats::events),
            missed: self.missed(),
            frames: self.frames,
            bytes: self.bytes,
            heartbeats: self.heartbeats,
            drain: None,
            labels: Default::default(),
            tags: Default::default(),
            data: Default::default(),
        };
        // The shutdown is drained only when the end has been reported to all.
        let _members: Vec<_> = mem::take(&mut self.attachments)
            .into_iter()
            .map(|attachment| attachment.closed(&mut summary, now))
            .collect();
    }

    /// Returns `true` if the body is an `EventStream`, however it is boxed.
    pub(super) fn is_typed(&self) -> bool {
        self.tally.is_some()
    }

    /// Returns `true` if the client can get what it misses by reconnecting.
    pub(super) fn is_resumable(&self) -> bool {
        self.tally.as_ref().is_some_and(StreamStats::is_resumable)
    }

    /// Returns why the stream ended before it was complete, if its client got no event for it.
    pub(super) fn unconcluded(&self) -> Option<CloseReason> {
        self.tally.as_ref().and_then(StreamStats::unconcluded)
    }

    /// Returns the order to end the stream that came from outside, if there is one.
    pub(super) fn order(&self) -> Option<&EndOrder> {
        self.attachments.iter().find_map(StreamGuard::order)
    }

    /// Polls for an order to end the stream from outside.
    pub(super) fn poll_order(&self, cx: &mut Context<'_>) -> Poll<()> {
        for attachment in &self.attachments {
            attachment.register(cx);
        }
        match self.order() {
            Some(_) => Poll::Ready(()),
            None => Poll::Pending,
        }
    }

    fn missed(&self) -> u64 {
        self.tally.as_ref().map_or(0, StreamStats::missed)
    }

    /// Makes the connection reset when it closes.
    pub(super) fn break_connection(&self) {
        self.attachments
            .iter()
            .for_each(StreamGuard::break_connection);
    }

    pub(super) fn has_stalled(&self) -> bool {
        self.attachments.iter().any(StreamGuard::has_stalled)
    }

    pub(super) fn is_shut_down(&self) -> bool {
        self.attachments.iter().any(StreamGuard::is_shut_down)
    }

    /// Returns how long ago the first shutdown began, if one has.
    pub(super) fn since_trigger(&self, now: Instant) -> Option<Duration> {
        let since = |attachment: &StreamGuard| attachment.since_trigger(now);
        self.attachments.iter().filter_map(since).max()
    }

    /// Polls for the beginning of a shutdown.
    pub(super) fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let begun = |attachment: &mut StreamGuard| attachment.poll_shutdown(cx).is_ready();
        // All of them are polled: each is to wake the stream.
        match self
            .attachments
            .iter_mut()
            .map(begun)
            .fold(false, |a, b| a | b)
        {
            true => Poll::Ready(()),
            false => Poll::Pending,
        }
    }
}
