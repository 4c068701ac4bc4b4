use std::{
    fmt,
    sync::Arc,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use super::{
    config::Config,
    connection::Connection,
    limit::{Control, EndOrder},
    open_streams::Registration,
    places::{Held, Places},
};
use crate::{
    StreamInfo, StreamSummary,
    report::{Progress, Recorder, Watched},
    shutdown::Member,
};

/// What one layer has attached to a stream, let go when the stream ends.
pub(crate) struct StreamGuard {
    pub(super) config: Arc<Config>,
    pub(super) info: StreamInfo,
    pub(super) member: Option<Member>,
    /// Before the places, since fields are dropped in their order.
    pub(super) registered: Option<Registration>,
    pub(super) places: Places,
    /// By which the stream can be ended from outside, if it can.
    pub(super) control: Option<Arc<Control>>,
    pub(super) recorder: Option<Arc<dyn Recorder>>,
    pub(super) watched: Option<Box<dyn Watched>>,
    pub(super) connection: Option<Connection>,
}

impl StreamGuard {
    /// Takes over the places that the same layer has claimed once more, around itself.
    pub(crate) fn take_over(&mut self, held: Option<Held>) {
        self.places.add(held.unwrap_or_default().permits);
    }

    /// Undoes what was done for a stream that an outer layer has refused.
    pub(crate) fn retract(self) {
        if let Some(Connection { socket, tuned, .. }) = &self.connection {
            tuned.iter().for_each(|tuned| socket.retract(*tuned));
        }
    }

    /// Returns `true` if it is this layer's.
    pub(crate) fn is_of(&self, config: &Arc<Config>) -> bool {
        Arc::ptr_eq(&self.config, config)
    }

    pub(crate) fn opened(&mut self) {
        if let Some(watched) = &mut self.watched {
            watched.opened(&self.info);
        }
        if let Some(recorder) = &self.recorder {
            recorder.opened(&self.info.labels);
        }
        self.config.observer.opened(&self.info);
    }

    /// Returns `true` if it adds up what the stream sends while it is open.
    pub(crate) fn records(&self) -> bool {
        self.recorder.is_some()
    }

    pub(crate) fn progressed(&self, progress: Progress) {
        if let Some(recorder) = &self.recorder {
            recorder.progressed(&self.info.labels, progress);
        }
    }

    /// Reports the end, and releases everything but the shutdown, which is drained when all layers have
    /// been told.
    pub(crate) fn closed(self, summary: &mut StreamSummary, now: Instant) -> Option<Member> {
        summary.drain = self.since_trigger(now);
        // First, so that a callback can rely on the place being free. It is given back last, so that
        // a registry does not have the stream together with the one that gets its place.
        drop((self.registered, self.places));
        summary.labels = self.info.labels;
        summary.tags = self.info.tags;
        summary.data = self.info.data;
        if let Some(mut watched) = self.watched {
            watched.closed(summary);
        }
        if let Some(recorder) = &self.recorder {
            recorder.closed(summary);
        }
        self.config.observer.closed(summary);
        self.member
    }

    /// Polls for the begin of a shutdown.
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
        // Not of the member, which another layer has that shares the shutdown.
        self.config.shutdown.as_ref()?.since_trigger(now)
    }

    /// Returns why the stream is to end, if a handle has ordered it.
    pub(crate) fn order(&self) -> Option<&EndOrder> {
        self.control.as_ref()?.order()
    }

    /// Has the task woken by an order to end the stream.
    pub(crate) fn register(&self, cx: &Context<'_>) {
        if let Some(control) = &self.control {
            control.register(cx);
        }
    }

    /// Notes how many bytes the stream has sent in all.
    pub(crate) fn set_bytes(&self, bytes: u64) {
        if let Some(control) = &self.control {
            control.set_bytes(bytes);
        }
    }

    /// Has the connection reset when it closes, where the layer can reach it.
    pub(crate) fn break_connection(&self) {
        if let Some(connection) = &self.connection {
            connection.socket.break_on_close();
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
