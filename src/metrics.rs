//! Numbers for operators, by the `metrics` facade.

use std::sync::Arc;

use metrics::{SharedString, counter, gauge, histogram};

use crate::{Labels, SseLayer};

impl SseLayer {
    /// Tells the recorder of the [`metrics`] crate of all streams.
    ///
    /// | name | kind | unit | labels beside the layer's own |
    /// |---|---|---|---|
    /// | `sse_streams_open` | gauge | streams | |
    /// | `sse_streams_opened_total` | counter | streams | |
    /// | `sse_streams_closed_total` | counter | streams | `reason`: see [`CloseReason::as_str`](crate::CloseReason::as_str) |
    /// | `sse_streams_refused_total` | counter | streams | `reason`: see [`RefuseReason::as_str`](crate::RefuseReason::as_str) |
    /// | `sse_stream_duration_seconds` | histogram | seconds | `reason` |
    /// | `sse_shutdown_drain_seconds` | histogram | seconds from the trigger of a [`Shutdown`](crate::Shutdown) to the end of a stream | |
    /// | `sse_events_total` | counter | events of typed streams | |
    /// | `sse_events_missed_total` | counter | events of channels that a client missed | |
    /// | `sse_frames_total` | counter | frames | |
    /// | `sse_bytes_total` | counter | bytes | |
    /// | `sse_heartbeats_total` | counter | heartbeats | |
    ///
    /// What a stream has sent is added now and then: when it has been silent for the time of a
    /// [`Heartbeat`](crate::Heartbeat), or has gone on for that long, each 1024 frames, and at its
    /// end. So an event costs nothing. Each label of the layer ([`label`](Self::label)) is one of these too: choose some that take few values.
    pub fn metrics(mut self) -> Self {
        let config = Arc::make_mut(&mut self.config);
        config.observer.on_progress(Arc::new(|labels, progress| {
            let labels = owned(labels);
            counter!("sse_events_total", &labels).increment(progress.events);
            counter!("sse_events_missed_total", &labels).increment(progress.missed);
            counter!("sse_frames_total", &labels).increment(progress.frames);
            counter!("sse_bytes_total", &labels).increment(progress.bytes);
            counter!("sse_heartbeats_total", &labels).increment(progress.heartbeats);
        }));
        self.on_open(|labels| {
            let labels = owned(labels);
            gauge!("sse_streams_open", &labels).increment(1);
            counter!("sse_streams_opened_total", &labels).increment(1);
        })
        .on_refuse(|refusal| {
            let labels = with_reason(&refusal.labels, refusal.reason.as_str());
            counter!("sse_streams_refused_total", &labels).increment(1);
        })
        .on_close(|summary| {
            let labels = owned(&summary.labels);
            gauge!("sse_streams_open", &labels).decrement(1);
            if let Some(drain) = summary.drain {
                histogram!("sse_shutdown_drain_seconds", &labels).record(drain);
            }
            let labels = with_reason(&summary.labels, summary.reason.as_str());
            counter!("sse_streams_closed_total", &labels).increment(1);
            histogram!("sse_stream_duration_seconds", &labels).record(summary.duration);
        })
    }
}

fn owned(labels: &Labels) -> Vec<(&'static str, SharedString)> {
    let owned = |(name, value): (&'static str, &str)| (name, value.to_owned().into());
    labels.iter().map(owned).collect()
}

fn with_reason(labels: &Labels, reason: &'static str) -> Vec<(&'static str, SharedString)> {
    let mut labels = owned(labels);
    labels.push(("reason", reason.into()));
    labels
}
