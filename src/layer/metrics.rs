//! Metrics of all streams, by the `metrics` facade.

use std::sync::Arc;

use metrics::{
    SharedString, Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge,
    histogram,
};

use crate::{
    Labels, RejectedStream, SseLayer, StreamSummary,
    report::{Progress, Recorder},
};

impl SseLayer {
    /// Records numbers of all streams with the [`metrics`] crate.
    ///
    /// | name | kind | unit | labels beside the layer's own |
    /// |---|---|---|---|
    /// | `sse_streams_open` | gauge | streams | |
    /// | `sse_streams_opened_total` | counter | streams | |
    /// | `sse_streams_closed_total` | counter | streams | `reason`: see [`CloseReason::as_str`](crate::CloseReason::as_str); `wire`: see [`WireEnd::as_str`](crate::WireEnd::as_str) |
    /// | `sse_streams_rejected_total` | counter | streams | `reason`: see [`RejectReason::as_str`](crate::RejectReason::as_str) |
    /// | `sse_stream_duration_seconds` | histogram | seconds | `reason` |
    /// | `sse_shutdown_drain_seconds` | histogram | seconds from the trigger of a [`Shutdown`](crate::Shutdown) to the end of a stream | |
    /// | `sse_events_total` | counter | events of typed streams | |
    /// | `sse_events_missed_total` | counter | events of channels that a client missed | |
    /// | `sse_frames_total` | counter | frames | |
    /// | `sse_bytes_total` | counter | bytes | |
    /// | `sse_heartbeats_total` | counter | heartbeats | |
    ///
    /// What a stream has sent is added while it is open: when it falls silent for the time of a
    /// [`Heartbeat`](crate::Heartbeat), about every ten seconds if it does not, every 1024 frames,
    /// and at its end. An event costs nothing for it. Without heartbeats only the last two apply.
    ///
    /// Each label of the layer ([`label`](Self::label)) and of a handler
    /// ([`SseOptions::label`](crate::SseOptions::label)) becomes a label of the metrics, except one
    /// that is named `reason` or `wire`: choose labels that take few values. Tags and data do not:
    /// for a metric of them, record it in [`on_close`](Self::on_close). Install the recorder before
    /// this is called, or it gets no descriptions. If two layers around a service have metrics, a
    /// stream counts once, by the inner one.
    pub fn metrics(mut self) -> Self {
        describe();
        Arc::make_mut(&mut self.config).observer.recorder = Some(Arc::new(Metrics));
        self
    }
}

fn describe() {
    let streams = Unit::Count;
    describe_gauge!("sse_streams_open", streams, "Open event streams");
    describe_counter!("sse_streams_opened_total", streams, "Streams opened");
    describe_counter!(
        "sse_streams_closed_total",
        streams,
        "Streams closed, by reason"
    );
    describe_counter!(
        "sse_streams_rejected_total",
        streams,
        "Streams rejected, by reason"
    );
    let time = Unit::Seconds;
    describe_histogram!(
        "sse_stream_duration_seconds",
        time,
        "Duration of a stream, by reason"
    );
    let drain = "Time from the beginning of a shutdown to the end of a stream";
    describe_histogram!("sse_shutdown_drain_seconds", time, drain);
    describe_counter!(
        "sse_events_total",
        Unit::Count,
        "Events sent by typed streams"
    );
    describe_counter!(
        "sse_events_missed_total",
        Unit::Count,
        "Events that clients missed"
    );
    describe_counter!("sse_frames_total", Unit::Count, "Frames sent");
    describe_counter!("sse_bytes_total", Unit::Bytes, "Bytes sent");
    describe_counter!("sse_heartbeats_total", Unit::Count, "Heartbeats sent");
}

#[derive(Debug)]
struct Metrics;

impl Recorder for Metrics {
    fn opened(&self, labels: &Labels) {
        let labels = owned(labels);
        gauge!("sse_streams_open", &labels).increment(1);
        counter!("sse_streams_opened_total", &labels).increment(1);
    }

    fn relabelled(&self, before: &Labels, labels: &Labels) {
        gauge!("sse_streams_open", &owned(before)).decrement(1);
        gauge!("sse_streams_open", &owned(labels)).increment(1);
    }

    fn progressed(&self, labels: &Labels, progress: Progress) {
        let labels = owned(labels);
        counter!("sse_events_total", &labels).increment(progress.events);
        counter!("sse_events_missed_total", &labels).increment(progress.missed);
        counter!("sse_frames_total", &labels).increment(progress.frames);
        counter!("sse_bytes_total", &labels).increment(progress.bytes);
        counter!("sse_heartbeats_total", &labels).increment(progress.heartbeats);
    }

    fn closed(&self, summary: &StreamSummary) {
        let labels = owned(&summary.labels);
        gauge!("sse_streams_open", &labels).decrement(1);
        if let Some(drain) = summary.drain {
            histogram!("sse_shutdown_drain_seconds", &labels).record(drain);
        }
        let mut labels = with_reason(&summary.labels, summary.reason.as_str());
        histogram!("sse_stream_duration_seconds", &labels).record(summary.duration);
        labels.push(("wire", summary.wire.as_str().into()));
        counter!("sse_streams_closed_total", &labels).increment(1);
    }

    fn rejected(&self, rejected: &RejectedStream) {
        let labels = with_reason(&rejected.labels, rejected.reason.as_str());
        counter!("sse_streams_rejected_total", &labels).increment(1);
    }
}

fn owned(labels: &Labels) -> Vec<(&'static str, SharedString)> {
    let reserved = ["reason", "wire"];
    let labels = labels.iter().filter(|(name, _)| !reserved.contains(name));
    labels
        .map(|(name, value)| (name, value.to_owned().into()))
        .collect()
}

fn with_reason(labels: &Labels, reason: &'static str) -> Vec<(&'static str, SharedString)> {
    let mut labels = owned(labels);
    labels.push(("reason", reason.into()));
    labels
}
