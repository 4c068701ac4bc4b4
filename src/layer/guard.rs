use std::{
    fmt,
    sync::Arc,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use http::Version;

use super::{
    admission::{Admission, Held},
    config::Config,
    context::RejectedContext,
    limit::{Control, EndOrder, Permit},
    open_streams::Registration,
};
use crate::{
    StreamInfo, StreamSummary,
    report::{Progress, Recorder, Watched},
    shutdown::Member,
    socket::{SocketHandle, Tuned},
};

/// What one layer has attached to a stream, let go when the stream ends.
pub(crate) struct StreamGuard {
    pub(super) config: Arc<Config>,
    info: StreamInfo,
    member: Option<Member>,
    /// Before the places, since fields are dropped in their order.
    registered: Option<Registration>,
    places: Places,
    /// By which the stream can be ended from outside, if it can.
    pub(super) control: Option<Arc<Control>>,
    recorder: Option<Arc<dyn Recorder>>,
    watched: Option<Box<dyn Watched>>,
    socket: Option<SocketHandle>,
    /// What this layer has asked of the connection.
    tuned: Option<Tuned>,
    /// Of the first layer that knows the connection.
    _carried: Option<Carried>,
}

impl StreamGuard {
    /// Admits a stream, if it may open, and has its connection set.
    ///
    /// What the layers before have attached already, for they share it with this one, counts once.
    pub(crate) fn admit(
        mut entrant: Admission<'_>,
        before: &[Self],
    ) -> Result<Self, RejectedContext> {
        let config = entrant.config;
        let (held, member) = match entrant.claim(before) {
            Ok(claimed) => claimed,
            Err(refused) => return Err(Box::new((entrant.noted, refused))),
        };
        let Admission { noted, socket, .. } = entrant;
        let is_carried = before.iter().any(|other| other.socket.is_some());
        // Before the connection is set, which holds as long as it carries a stream.
        let carried = socket.as_ref().filter(|_| !is_carried);
        let carried = carried.map(|socket| Carried::by(socket, entrant.version));
        let tuned = match (&config.tuning, &socket) {
            (Some(tuning), Some(socket)) => {
                let inner = before.iter().rev().find_map(|other| other.tuned);
                Some(tuning.tune(inner, socket, &config.timer))
            }
            _ => None,
        };
        let mut info = noted.info;
        if let Some(own) = &entrant.own {
            info.extend(own);
        }
        let is_new = |streams| !before.iter().any(|other| other.config.keeps(streams));
        let streams = config
            .open_streams
            .as_ref()
            .filter(|streams| is_new(streams));
        let registered = streams.map(|streams| {
            let tally = entrant.tally.as_ref();
            streams.add(&info, &held.control, tally, &config.timer)
        });
        let recorded = before.iter().any(|other| other.recorder.is_some());
        let is_watched = before.iter().any(|other| other.watched.is_some());
        let is_controlled = registered.is_some() || config.evicts();
        Ok(Self {
            config: Arc::clone(config),
            info,
            member,
            registered,
            places: Places::new(held.permits, config.evicts(), &held.control),
            control: is_controlled.then_some(held.control),
            recorder: config.observer.recorder.clone().filter(|_| !recorded),
            watched: noted.watched.filter(|_| !is_watched),
            socket,
            tuned,
            _carried: carried,
        })
    }

    /// Takes over the places that the same layer has claimed once more, around itself.
    pub(crate) fn take_over(&mut self, held: Option<Held>) {
        self.places.add(held.unwrap_or_default().permits);
    }

    /// Undoes what was done for a stream that an outer layer has refused.
    pub(crate) fn retract(self) {
        if let (Some(socket), Some(tuned)) = (self.socket, self.tuned) {
            socket.retract(tuned);
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
        self.socket.iter().for_each(SocketHandle::break_on_close);
    }

    /// Returns `true` if the connection was aborted because the client read too slowly.
    pub(crate) fn has_stalled(&self) -> bool {
        self.socket.as_ref().is_some_and(SocketHandle::has_stalled)
    }
}

/// The places of a stream, given back when this is dropped.
struct Places {
    permits: Vec<Permit>,
    /// Has the places where a newer stream may take them away.
    control: Option<Arc<Control>>,
}

impl Places {
    fn new(permits: Vec<Permit>, evicts: bool, control: &Arc<Control>) -> Self {
        let mut places = Self {
            permits: Vec::new(),
            control: evicts.then(|| Arc::clone(control)),
        };
        places.add(permits);
        places
    }

    fn add(&mut self, permits: Vec<Permit>) {
        match &self.control {
            Some(control) => control.hold(permits),
            None => self.permits.extend(permits),
        }
    }
}

impl Drop for Places {
    fn drop(&mut self) {
        if let Some(control) = &self.control {
            control.release();
        }
    }
}

/// Counts as a stream on its connection until it is dropped.
struct Carried(SocketHandle);

impl Carried {
    fn by(socket: &SocketHandle, version: Version) -> Self {
        socket.begin_stream(version);
        Self(socket.clone())
    }
}

impl Drop for Carried {
    fn drop(&mut self) {
        self.0.end_stream();
    }
}

impl fmt::Debug for StreamGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StreamGuard")
    }
}
