//! A span for each stream.

use std::{sync::Arc, time::Duration};

use http::{Method, Uri, Version};
use tracing::{Span, field::Empty};

use crate::{
    LastEventId, RejectedStream, RequestHead, SseLayer, StreamInfo, StreamSummary,
    report::{StreamWatcher, Watcher},
};

impl SseLayer {
    /// Creates a span for each stream, with the level INFO and the target `tower_sse`.
    ///
    /// The span `stream` has the fields `method`, `path`, `version` and `last_event_id` (if the
    /// client sent one), `labels` and `tags`; when the stream has closed, also `reason`, `wire`,
    /// `duration_ms`, `events` (of a typed stream), `missed`, `frames`, `bytes`, `heartbeats` and,
    /// at a shutdown, `drain_ms`; `error` if it failed, and `data` if the handler has attached some
    /// ([`SseOptions::data`](crate::SseOptions::data)). One event within it, `closed`, follows; the
    /// events of the stream have none. The span is a child of the span in which the stream opens.
    /// It is not entered while the stream goes on.
    ///
    /// A rejected stream has no span, but an event `rejected` with `method`, `path`, `labels`,
    /// `tags` and `reason`.
    pub fn trace(mut self) -> Self {
        let config = Arc::make_mut(&mut self.config);
        config.observer.watcher = Some(Arc::new(Tracer));
        self
    }
}

#[derive(Debug)]
struct Tracer;

impl Watcher for Tracer {
    fn watch(&self, head: RequestHead<'_>) -> Box<dyn StreamWatcher> {
        Box::new(Traced {
            method: head.method().clone(),
            uri: head.uri().clone(),
            version: head.version(),
            last_event_id: head.extensions().get().cloned(),
            span: Span::none(),
        })
    }
}

#[derive(Debug)]
struct Traced {
    method: Method,
    uri: Uri,
    version: Version,
    last_event_id: Option<LastEventId>,
    span: Span,
}

impl StreamWatcher for Traced {
    fn opened(&mut self, info: &StreamInfo) {
        self.span = tracing::info_span!(
            target: "tower_sse",
            "stream",
            method = %self.method,
            path = self.uri.path(),
            version = ?self.version,
            last_event_id = self.last_event_id.as_ref().map(|id| id.as_str()),
            labels = %info.labels,
            tags = %info.tags,
            reason = Empty,
            wire = Empty,
            error = Empty,
            duration_ms = Empty,
            events = Empty,
            missed = Empty,
            frames = Empty,
            bytes = Empty,
            heartbeats = Empty,
            drain_ms = Empty,
            data = Empty,
        );
    }

    fn updated(&mut self, info: &StreamInfo) {
        self.span
            .record("labels", tracing::field::display(&info.labels));
        self.span
            .record("tags", tracing::field::display(&info.tags));
    }

    fn closed(&mut self, summary: &StreamSummary) {
        let span = &self.span;
        span.record("reason", summary.reason.as_str());
        span.record("wire", summary.wire.as_str());
        span.record("error", summary.error.as_deref());
        span.record("duration_ms", whole_millis(summary.duration));
        span.record("events", summary.events);
        span.record("missed", summary.missed);
        span.record("frames", summary.frames);
        span.record("bytes", summary.bytes);
        span.record("heartbeats", summary.heartbeats);
        span.record("drain_ms", summary.drain.map(whole_millis));
        if !summary.data.is_empty() {
            span.record("data", tracing::field::debug(&summary.data));
        }
        tracing::info!(target: "tower_sse", parent: span, "closed");
    }

    fn rejected(&mut self, rejected: &RejectedStream) {
        tracing::info!(
            target: "tower_sse",
            method = %self.method,
            path = self.uri.path(),
            labels = %rejected.labels,
            tags = %rejected.tags,
            reason = rejected.reason.as_str(),
            "rejected"
        );
    }
}

fn whole_millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
