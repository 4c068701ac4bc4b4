use std::{
    fmt,
    sync::{Arc, Mutex},
};

use super::{
    limit::{Limit, LimitId, MaxStreams},
    rejection::Rejection,
};
use crate::{
    OpenStreams, RejectReason, RequestHead, Shutdown, ShutdownPolicy, SseOptions, report::Observer,
    socket::Tuning, time::SharedTimer,
};

/// What a layer, its services and their streams share.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    pub(crate) timer: SharedTimer,
    pub(crate) options: SseOptions,
    /// The query parameter that may stand in for the `Last-Event-ID` header.
    pub(crate) last_event_id_query: Option<Arc<str>>,
    /// Which requests are sure to want a stream, where the user has said so.
    pub(crate) expects: Option<Expects>,
    pub(crate) shutdown: Option<Shutdown>,
    pub(crate) max_streams: Option<MaxStreams>,
    pub(crate) limits: Vec<Arc<dyn Limit>>,
    /// Held while a request takes places in the limits, so that requests do so one at a time.
    pub(crate) admission_lock: Arc<Mutex<()>>,
    pub(crate) open_streams: Option<OpenStreams>,
    pub(crate) observer: Observer,
    /// The options of connections that carry a stream.
    pub(crate) tuning: Option<Tuning>,
}

impl Config {
    pub(crate) fn new(timer: SharedTimer) -> Self {
        Self {
            timer,
            options: SseOptions::new(),
            last_event_id_query: None,
            expects: None,
            shutdown: None,
            max_streams: None,
            limits: Vec::new(),
            admission_lock: Arc::default(),
            open_streams: None,
            observer: Observer::default(),
            tuning: None,
        }
    }

    /// Returns `true` if it attaches anything to a stream.
    pub(crate) fn attaches(&self) -> bool {
        self.refuses()
            || self.open_streams.is_some()
            || self.observer.watches()
            || self.tuning.is_some()
    }

    /// Returns `true` if it may refuse a stream.
    pub(crate) fn refuses(&self) -> bool {
        self.shutdown.is_some() || self.max_streams.is_some() || !self.limits.is_empty()
    }

    /// Returns `true` if a stream may be ended in favour of a newer one.
    pub(crate) fn evicts(&self) -> bool {
        let of_all = self.max_streams.as_ref();
        of_all.is_some_and(MaxStreams::evicts) || self.limits.iter().any(|limit| limit.evicts())
    }

    /// Returns `true` if it makes clients stay away, and so has to answer clients that come back.
    pub(crate) fn stops_clients(&self) -> bool {
        self.open_streams.is_some() || self.evicts()
    }

    /// Returns `true` if it counts streams by this limit.
    pub(crate) fn counts(&self, limit: LimitId) -> bool {
        self.limit_ids().any(|own| own == limit)
    }

    /// Returns all its limits.
    pub(crate) fn limit_ids(&self) -> impl Iterator<Item = LimitId> {
        let of_all = self.max_streams.iter().map(MaxStreams::id);
        of_all.chain(self.limits.iter().map(|limit| limit.id()))
    }

    /// Returns `true` if its streams end by this shutdown.
    pub(crate) fn ends_by(&self, shutdown: &Shutdown) -> bool {
        self.shutdown.as_ref().is_some_and(|own| own.is(shutdown))
    }

    /// Returns `true` if its streams are in this registry.
    pub(crate) fn keeps(&self, streams: &OpenStreams) -> bool {
        self.open_streams
            .as_ref()
            .is_some_and(|own| own.is(streams))
    }

    /// Returns the refusal of a stream that comes after the shutdown has begun.
    pub(crate) fn refuse_at_shutdown(&self) -> Rejection {
        let how = ShutdownPolicy::or_default(self.options.shutdown_policy.as_deref());
        Rejection {
            reason: RejectReason::ShutDown,
            policy: Box::new(how.refuse_or_default()),
        }
    }
}

/// A user's test for requests that are sure to want a stream.
#[derive(Clone)]
pub(crate) struct Expects(Arc<dyn Fn(RequestHead<'_>) -> bool + Send + Sync>);

impl Expects {
    pub(crate) fn new(expects: impl Fn(RequestHead<'_>) -> bool + Send + Sync + 'static) -> Self {
        Self(Arc::new(expects))
    }

    pub(crate) fn test(&self, head: RequestHead<'_>) -> bool {
        (self.0)(head)
    }
}

impl fmt::Debug for Expects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Expects")
    }
}
