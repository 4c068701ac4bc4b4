use std::{
    fmt,
    sync::Arc,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use http::{Request, Version};

use super::{
    Claims, Control, OuterLimits, Progress, Refusal, RefuseReason, RequestHead, StreamInfo,
    StreamSummary, Tally,
    control::Order,
    limit::{Claim, LimitId, Permit},
    observer::{Observer, Recorder, Watched},
    open_streams::Registered,
    shutdown::Member,
};
use crate::{Refuse, config::Config, socket::SocketHandle};

/// What a layer has noted of a request, for its stream.
#[derive(Debug, Default)]
pub(crate) struct Noted {
    info: StreamInfo,
    /// With the limit of each.
    claims: Vec<(LimitId, Box<dyn Claim>)>,
    watched: Option<Box<dyn Watched>>,
    /// The limits in which an outer layer has counted the request.
    outer: OuterLimits,
}

impl Noted {
    /// Notes what the layer wants to know of a request, if there is anything.
    pub(crate) fn of<B>(request: &Request<B>, config: &Config) -> Option<Box<Self>> {
        let observer = &config.observer;
        let outer = request.extensions().get::<OuterLimits>();
        let notes = !config.limits.is_empty()
            || observer.watcher.is_some()
            || observer.has_labels()
            || outer.is_some();
        if !notes {
            return None;
        }
        let head = RequestHead::of(request);
        let limits = config.limits.iter();
        Some(Box::new(Self {
            info: observer.info_of(head),
            claims: limits
                .filter_map(|limit| Some((limit.id(), limit.begin(head)?)))
                .collect(),
            watched: observer.watcher.as_ref().map(|watcher| watcher.watch(head)),
            outer: outer.cloned().unwrap_or_default(),
        }))
    }

    pub(crate) fn outer(&self) -> &OuterLimits {
        &self.outer
    }

    /// Takes the claims to places that neither an outer layer nor an inner one holds.
    pub(crate) fn take_claims(
        &mut self,
        config: &Config,
        by_inner: impl Fn(LimitId) -> bool,
    ) -> Claims {
        let outer = &self.outer;
        let held = |limit| outer.has(limit) || by_inner(limit);
        let of_all = config.max_streams.as_ref();
        let of_all = of_all.filter(|limit| !held(limit.id()));
        let of_keys = self.claims.drain(..).filter(|(limit, _)| !held(*limit));
        let claims = of_all.map(|limit| limit.begin()).into_iter();
        Claims::new(claims.chain(of_keys.map(|(_, claim)| claim)).collect())
    }

    /// Reports to a layer that the request's stream was refused, by it or by one inside of it.
    /// Returns which observers that count once have been told by now.
    pub(crate) fn refused(self, told: Told, observer: &Observer) -> Told {
        let refusal = Refusal {
            reason: told.reason,
            labels: self.info.labels,
            tags: self.info.tags,
        };
        if let Some(mut watched) = self.watched.filter(|_| !told.watcher) {
            watched.refused(&refusal);
        }
        if let Some(recorder) = observer.recorder.as_ref().filter(|_| !told.recorder) {
            recorder.refused(&refusal);
        }
        observer.refused(&refusal);
        Told {
            reason: told.reason,
            recorder: told.recorder || observer.recorder.is_some(),
            watcher: told.watcher || observer.watcher.is_some(),
        }
    }
}

/// Why a stream is refused, and how.
pub(crate) type Refused = (RefuseReason, Box<Refuse>);

/// What an entrant gets back whose stream is refused.
pub(crate) type TurnedAway = Box<(Noted, Refused)>;

/// Which observers have been told of a refusal that counts once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Told {
    pub(crate) reason: RefuseReason,
    recorder: bool,
    watcher: bool,
}

impl Told {
    /// None has been told yet.
    pub(crate) fn none(reason: RefuseReason) -> Self {
        Self {
            reason,
            recorder: false,
            watcher: false,
        }
    }
}

/// The places that a stream holds in the limits of a layer.
#[derive(Default)]
pub(crate) struct Held {
    pub(crate) permits: Vec<Permit>,
    /// By which a newer stream can evict it.
    pub(crate) control: Arc<Control>,
}

/// What a layer brings to a stream that it attaches itself to.
pub(crate) struct Entrant<'a> {
    pub(crate) noted: Noted,
    /// What it has claimed before the handler.
    pub(crate) held: Option<Held>,
    /// Whether the request came before the layer's shutdown.
    pub(crate) came_before: bool,
    pub(crate) socket: Option<SocketHandle>,
    pub(crate) version: Version,
    pub(crate) config: &'a Arc<Config>,
    /// What the handler says of its stream.
    pub(crate) own: Option<Arc<StreamInfo>>,
    pub(crate) tally: Option<Tally>,
}

/// What one layer has attached to a stream, let go when the stream ends.
pub(crate) struct Attachment {
    config: Arc<Config>,
    info: StreamInfo,
    member: Option<Member>,
    permits: Vec<Permit>,
    /// By which the stream can be ended from outside. There is more than one where the same layer is
    /// around the service twice.
    controls: Vec<Arc<Control>>,
    registered: Option<Registered>,
    recorder: Option<Arc<dyn Recorder>>,
    watched: Option<Box<dyn Watched>>,
    socket: Option<Carrier>,
    /// Whether the connection is to be set as this layer wants it.
    tuned: bool,
}

impl Attachment {
    /// Admits a stream, if it may open, and has its connection set.
    ///
    /// What the layers before have attached already, for they share it with this one, counts once.
    pub(crate) fn admit(mut entrant: Entrant<'_>, before: &[Self]) -> Result<Self, TurnedAway> {
        let config = entrant.config;
        let (held, member) = match Self::claim(&mut entrant, before) {
            Ok(claimed) => claimed,
            Err(refused) => return Err(Box::new((entrant.noted, refused))),
        };
        let Entrant { noted, socket, .. } = entrant;
        let tuned = match (&config.tuning, &socket) {
            (Some(tuning), Some(socket)) => tuning.tune(socket, &config.timer),
            _ => false,
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
            permits: held.permits,
            controls: Vec::from_iter(is_controlled.then_some(held.control)),
            registered,
            recorder: config.observer.recorder.clone().filter(|_| !recorded),
            watched: noted.watched.filter(|_| !is_watched),
            socket: socket.map(|socket| Carrier::new(socket, entrant.version)),
            tuned,
        })
    }

    fn claim(
        entrant: &mut Entrant<'_>,
        before: &[Self],
    ) -> Result<(Held, Option<Member>), Refused> {
        let config = entrant.config;
        let shutdown = config.shutdown.as_ref();
        if shutdown.is_some_and(|it| it.is_triggered()) && !entrant.came_before {
            return Err(config.refuse_at_shutdown());
        }
        let held = match entrant.held.take() {
            Some(held) => held,
            None => {
                let counted = |limit| before.iter().any(|other| other.config.counts(limit));
                let mut claims = entrant.noted.take_claims(config, counted);
                let control = Arc::default();
                let permits = claims.decide(&config.turn, &control)?;
                Held { permits, control }
            }
        };
        let is_new = |shutdown| !before.iter().any(|other| other.config.ends_by(shutdown));
        let shutdown = shutdown.filter(|shutdown| is_new(shutdown));
        let member = match shutdown.map(|shutdown| shutdown.join(entrant.came_before)) {
            Some(None) => return Err(config.refuse_at_shutdown()),
            joined => joined.flatten(),
        };
        Ok((held, member))
    }

    /// Takes over the places that the same layer has claimed once more, around itself.
    pub(crate) fn take_over(&mut self, held: Option<Held>) {
        let Some(held) = held else { return };
        self.permits.extend(held.permits);
        if self.config.evicts() {
            self.controls.push(held.control);
        }
    }

    /// Undoes what was done for a stream that an outer layer has refused.
    pub(crate) fn retract(self) {
        if let Some(Carrier(socket)) = self.socket.as_ref().filter(|_| self.tuned) {
            socket.retract();
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

    /// Reports the end, and lets go of everything but the shutdown, which is drained when all have
    /// been told.
    pub(crate) fn closed(self, summary: &mut StreamSummary, now: Instant) -> Option<Member> {
        summary.drain = self.since_trigger(now);
        // First, so that a callback can rely on the place being free.
        drop((self.permits, self.registered));
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

    /// Is ready when a shutdown has begun; the task is woken when it does.
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
        self.member.as_ref()?.since_trigger(now)
    }

    /// Returns why the stream is to end, if it was told to from outside.
    pub(crate) fn order(&self) -> Option<&Order> {
        self.controls.iter().find_map(|control| control.order())
    }

    /// Has the task woken when the stream is told to end.
    pub(crate) fn register(&self, cx: &Context<'_>) {
        self.controls
            .iter()
            .for_each(|control| control.register(cx));
    }

    /// Notes how many bytes the stream has sent in all.
    pub(crate) fn set_bytes(&self, bytes: u64) {
        self.controls
            .iter()
            .for_each(|control| control.set_bytes(bytes));
    }

    /// Has the connection reset when it closes, where the layer can reach it.
    pub(crate) fn break_connection(&self) {
        if let Some(Carrier(socket)) = &self.socket {
            socket.break_on_close();
        }
    }

    /// Returns `true` if the connection was aborted because the client had stopped reading.
    pub(crate) fn has_stalled(&self) -> bool {
        let socket = self.socket.as_ref();
        socket.is_some_and(|Carrier(socket)| socket.has_stalled())
    }
}

/// The connection that carries a stream, which knows that it does.
struct Carrier(SocketHandle);

impl Carrier {
    fn new(socket: SocketHandle, version: Version) -> Self {
        socket.begin_stream(version);
        Self(socket)
    }
}

impl Drop for Carrier {
    fn drop(&mut self) {
        self.0.end_stream();
    }
}

impl fmt::Debug for Attachment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Attachment")
    }
}

impl fmt::Debug for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Held")
    }
}
