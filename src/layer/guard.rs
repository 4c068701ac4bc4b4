use std::{
    fmt,
    sync::Arc,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use super::{
    config::Config,
    connection::StreamConnection,
    limit::{Control, EndOrder},
    open_streams::Registration,
    permits::{PermitGuard, StreamPermits},
};
use crate::{
    StreamInfo, StreamSummary,
    report::{Progress, Recorder, StreamLink, StreamWatcher},
    shutdown::Member,
};

/// The guard of one layer on an open stream: it reports to the layer's callbacks, and holds
/// everything that the layer has taken for the stream until the stream ends.
pub(crate) struct StreamGuard {
    pub(super) config: Arc<Config>,
    pub(super) info: StreamInfo,
    pub(super) member: Option<Member>,
    /// Before the permits, since fields are dropped in their order.
    pub(super) registration: Option<Registration>,
    pub(super) permits: PermitGuard,
    /// By which the stream can be ended from outside, if it can.
    pub(super) control: Option<Arc<Control>>,
    pub(super) recorder: Option<Arc<dyn Recorder>>,
    pub(super) watcher: Option<Box<dyn StreamWatcher>>,
    pub(super) connection: Option<StreamConnection>,
}

impl StreamGuard {
    /// Adds the permits that the same layer, around itself, has taken once more.
    pub(crate) fn add_permits(&mut self, permits: Option<StreamPermits>) {
        self.permits.add(permits.unwrap_or_default().permits);
    }

    /// Releases everything, and takes back what was asked of the connection, for a stream that an
    /// outer layer has rejected.
    pub(crate) fn cancel(self) {
        if let Some(StreamConnection { socket, tuned, .. }) = &self.connection {
            tuned.iter().for_each(|tuned| socket.cancel(*tuned));
        }
    }

    /// Returns `true` if it is the guard of this layer.
    pub(crate) fn is_of(&self, config: &Arc<Config>) -> bool {
        Arc::ptr_eq(&self.config, config)
    }

    /// Reports that the stream opens.
    pub(crate) fn report_open(&mut self) {
        if let Some(watcher) = &mut self.watcher {
            watcher.opened(&self.info);
        }
        if let Some(recorder) = &self.recorder {
            recorder.opened(&self.info.labels);
        }
        self.config.observer.opened(&self.info);
    }

    /// Takes into account what a handler has said after the stream was opened.
    pub(crate) fn update(&mut self, info: Option<&StreamInfo>, link: Option<&StreamLink>) {
        let before = self.info.labels.clone();
        info.iter().for_each(|info| self.info.extend(info));
        if let Some(registration) = &self.registration {
            registration.update(&self.info, link);
        }
        if info.is_none() {
            return;
        }
        if let Some(recorder) = &self.recorder {
            recorder.relabelled(&before, &self.info.labels);
        }
        if let Some(watcher) = &mut self.watcher {
            watcher.updated(&self.info);
        }
    }

    /// Returns `true` if the layer has none of these guards. What those have that counts once, it drops.
    pub(crate) fn is_new_beside(&mut self, others: &[Self]) -> bool {
        if others.iter().any(|other| other.is_of(&self.config)) {
            return false;
        }
        let is_registered = |other: &Self| {
            let registry = self.config.open_streams.as_ref();
            registry.is_some_and(|registry| other.config.has_registry(registry))
        };
        if others.iter().any(is_registered) {
            self.registration = None;
        }
        if others.iter().any(|other| other.recorder.is_some()) {
            self.recorder = None;
        }
        if others.iter().any(|other| other.watcher.is_some()) {
            self.watcher = None;
        }
        true
    }

    /// Returns `true` if the layer wants reports of what the stream has sent while it is open.
    pub(crate) fn wants_progress(&self) -> bool {
        self.recorder.is_some()
    }

    /// Reports what the stream has sent since the last report.
    pub(crate) fn report_progress(&self, progress: Progress) {
        if let Some(recorder) = &self.recorder {
            recorder.progressed(&self.info.labels, progress);
        }
    }

    /// Reports the end, and releases everything but the membership in the shutdown: that is drained
    /// when the end has been reported to all layers.
    pub(crate) fn close(self, summary: &mut StreamSummary, now: Instant) -> Option<Member> {
        summary.drain = self.since_trigger(now);
        // Before the reports, so that a callback can rely on a free place. The registration goes
        // first, so that the registry never lists this stream beside the one that gets its place.
        drop((self.registration, self.permits));
        summary.labels = self.info.labels;
        summary.tags = self.info.tags;
        summary.data = self.info.data;
        if let Some(mut watcher) = self.watcher {
            watcher.closed(summary);
        }
        if let Some(recorder) = &self.recorder {
            recorder.closed(summary);
        }
        self.config.observer.closed(summary);
        self.member
    }

    /// Polls for the beginning of a shutdown.
    pub(crate) fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        match &mut self.member {
            Some(member) => member.poll(cx),
            None => Poll::Pending,
        }
    }

    pub(crate) fn is_shut_down(&self) -> bool {
        self.member.as_ref().is_some_and(Member::is_triggered)
    }

    /// Returns how long ago the shutdown began, if it has.
    pub(crate) fn since_trigger(&self, now: Instant) -> Option<Duration> {
        // By the config and not by the member: the guard of another layer that shares the shutdown
        // has that.
        self.config.shutdown.as_ref()?.since_trigger(now)
    }

    /// Returns the order from outside to end the stream, if there is one.
    pub(crate) fn order(&self) -> Option<&EndOrder> {
        self.control.as_ref()?.order()
    }

    /// Registers the task, which an order to end the stream wakes.
    pub(crate) fn register(&self, cx: &Context<'_>) {
        if let Some(control) = &self.control {
            control.register(cx);
        }
    }

    /// Sets how many bytes the stream has sent in all.
    pub(crate) fn set_bytes(&self, bytes: u64) {
        if let Some(control) = &self.control {
            control.set_bytes(bytes);
        }
    }

    /// Makes the connection reset when it closes, if the layer can reach it.
    pub(crate) fn reset_on_close(&self) {
        if let Some(connection) = &self.connection {
            connection.socket.reset_on_close();
        }
    }

    /// Returns `true` if the connection was aborted because the client read too slowly.
    pub(crate) fn has_stalled(&self) -> bool {
        let connection = self.connection.as_ref();
        connection.is_some_and(|connection| connection.socket.has_stalled())
    }
}

impl fmt::Debug for StreamGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StreamGuard")
    }
}
