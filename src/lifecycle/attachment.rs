use std::{
    fmt,
    sync::{Arc, PoisonError},
    task::{Context, Poll},
    time::{Duration, Instant},
};

use http::Request;

use super::{
    Labels, Progress, Refusal, RefuseReason, RequestHead, StreamSummary,
    limit::{Claim, Permit},
    observer::{Observer, Recorder, Watched},
    shutdown::Member,
};
use crate::{Refuse, config::Config, socket::SocketHandle};

/// What a layer has noted of a request, for its stream.
#[derive(Debug, Default)]
pub(crate) struct Noted {
    labels: Labels,
    /// With the place that each one's limit has among the layer's.
    claims: Vec<(usize, Box<dyn Claim>)>,
    watched: Option<Box<dyn Watched>>,
}

impl Noted {
    /// Notes what the layer wants to know of a request, if there is anything.
    pub(crate) fn of<B>(request: &Request<B>, config: &Config) -> Option<Box<Self>> {
        let observer = &config.observer;
        if config.limits.is_empty() && observer.watcher.is_none() && !observer.has_labels() {
            return None;
        }
        let head = RequestHead::of(request);
        let limits = config.limits.iter().enumerate();
        Some(Box::new(Self {
            labels: observer.labels_of(head),
            claims: limits
                .filter_map(|(place, limit)| Some((place, limit.of(head)?)))
                .collect(),
            watched: observer.watcher.as_ref().map(|watcher| watcher.watch(head)),
        }))
    }
}

/// Why a stream is refused, and how.
pub(crate) type Refused = (RefuseReason, Refuse);

/// Who has been told of a refusal that counts once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Told {
    pub(crate) reason: RefuseReason,
    recorder: bool,
    watcher: bool,
}

impl Told {
    /// Nobody has been told yet.
    pub(crate) fn none(reason: RefuseReason) -> Self {
        Self {
            reason,
            recorder: false,
            watcher: false,
        }
    }
}

impl Noted {
    /// Tells a layer that the request's stream was refused, by it or by one inside of it. Returns
    /// who has been told by now.
    pub(crate) fn refused(self, told: Told, observer: &Observer) -> Told {
        let refusal = Refusal {
            reason: told.reason,
            labels: self.labels,
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

/// What one layer has attached to a stream, let go when the stream ends.
pub(crate) struct Attachment {
    config: Arc<Config>,
    labels: Labels,
    member: Option<Member>,
    permits: Vec<Permit>,
    recorder: Option<Arc<dyn Recorder>>,
    watched: Option<Box<dyn Watched>>,
    socket: Option<SocketHandle>,
    /// Whether the connection is to be set as this layer wants it.
    tuned: bool,
}

impl Attachment {
    /// Admits a stream, if it may open, and has its connection set.
    ///
    /// What the layers before have attached already, for they share it with this one, counts once.
    pub(crate) fn admit(
        mut noted: Noted,
        socket: Option<SocketHandle>,
        config: &Arc<Config>,
        before: &[Self],
    ) -> Result<Self, (Noted, Refused)> {
        let (member, permits) = match Self::claim(&mut noted.claims, config, before) {
            Ok(claimed) => claimed,
            Err(refused) => return Err((noted, refused)),
        };
        let tuned = match (&config.tuning, &socket) {
            (Some(tuning), Some(socket)) => tuning.tune(socket, &config.timer),
            _ => false,
        };
        let recorded = before.iter().any(|other| other.recorder.is_some());
        let is_watched = before.iter().any(|other| other.watched.is_some());
        Ok(Self {
            config: Arc::clone(config),
            labels: noted.labels,
            member,
            permits,
            recorder: config.observer.recorder.clone().filter(|_| !recorded),
            watched: noted.watched.filter(|_| !is_watched),
            socket,
            tuned,
        })
    }

    fn claim(
        claims: &mut Vec<(usize, Box<dyn Claim>)>,
        config: &Config,
        before: &[Self],
    ) -> Result<(Option<Member>, Vec<Permit>), Refused> {
        let held = |has: &dyn Fn(&Config) -> bool| before.iter().any(|other| has(&other.config));
        // So that nobody is refused for a place that is given back for want of another.
        let _turn = config.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let shutdown = config.shutdown.as_ref();
        if shutdown.is_some_and(|shutdown| shutdown.is_triggered()) {
            return Err(config.refuse_at_shutdown());
        }
        let mut permits = Vec::new();
        if let Some(limit) = &config.max_streams {
            if !held(&|other| other.max_streams.as_ref().is_some_and(|it| it.is(limit))) {
                permits.push(limit.claim()?);
            }
        }
        for (place, claim) in claims.drain(..) {
            let limit = &config.limits[place];
            if !held(&|other| other.limits.iter().any(|it| Arc::ptr_eq(it, limit))) {
                permits.push(claim.claim()?);
            }
        }
        let member = match shutdown {
            Some(it) if !held(&|other| other.shutdown.as_ref().is_some_and(|o| o.is(it))) => {
                Some(it.join().ok_or_else(|| config.refuse_at_shutdown())?)
            }
            _ => None,
        };
        Ok((member, permits))
    }

    /// Heeds that an outer layer has refused the stream.
    pub(crate) fn retract(self) {
        if let Some(socket) = self.socket.filter(|_| self.tuned) {
            socket.retract();
        }
    }

    /// Tells whether it is this layer's.
    pub(crate) fn is_of(&self, config: &Arc<Config>) -> bool {
        Arc::ptr_eq(&self.config, config)
    }

    pub(crate) fn opened(&mut self) {
        if let Some(watched) = &mut self.watched {
            watched.opened(&self.labels);
        }
        if let Some(recorder) = &self.recorder {
            recorder.opened(&self.labels);
        }
        self.config.observer.opened(&self.labels);
    }

    /// Tells whether it adds up what the stream sends while it is open.
    pub(crate) fn records(&self) -> bool {
        self.recorder.is_some()
    }

    pub(crate) fn progressed(&self, progress: Progress) {
        if let Some(recorder) = &self.recorder {
            recorder.progressed(&self.labels, progress);
        }
    }

    /// Tells of the end, and lets go of everything but the shutdown, which is drained when all have
    /// been told.
    pub(crate) fn closed(self, summary: &mut StreamSummary, now: Instant) -> Option<Member> {
        summary.drain = self.since_trigger(now);
        // First, so that who is told of the end can rely on the place being free.
        drop(self.permits);
        summary.labels = self.labels;
        if let Some(mut watched) = self.watched {
            watched.closed(summary);
        }
        if let Some(recorder) = &self.recorder {
            recorder.closed(summary);
        }
        self.config.observer.closed(summary);
        self.member
    }

    /// Tells whether a shutdown has begun; whoever polls is woken when it does.
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

    /// Tells whether the connection was aborted because the client had stopped reading.
    pub(crate) fn has_stalled(&self) -> bool {
        self.socket.as_ref().is_some_and(SocketHandle::has_stalled)
    }
}

impl fmt::Debug for Attachment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Attachment")
    }
}
