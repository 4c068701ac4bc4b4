use std::{fmt, sync::Arc};

use super::{
    limit::{Limit, LimitId, MaxStreams},
    rejection::Rejection,
};
use crate::{
    OpenStreams, RejectReason, RequestHead, Shutdown, ShutdownPolicy, SseOptions, report::Observer,
    socket::Tuning, sync::Mutex, time::SharedTimer,
};

/// The configuration of a layer, which its services and their streams share.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    pub(crate) timer: SharedTimer,
    pub(crate) options: SseOptions,
    /// The query parameter that may stand in for the `Last-Event-ID` header.
    pub(crate) last_event_id_query: Option<Arc<str>>,
    /// The user's test for requests that expect a stream, in place of the default one.
    pub(crate) expects: Option<ExpectsStream>,
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

    /// Returns `true` if the layer needs a guard on its streams.
    pub(crate) fn needs_guard(&self) -> bool {
        self.rejects()
            || self.open_streams.is_some()
            || self.observer.wants_streams()
            || self.tuning.is_some()
    }

    /// Returns `true` if it may reject a stream.
    pub(crate) fn rejects(&self) -> bool {
        self.shutdown.is_some() || self.max_streams.is_some() || !self.limits.is_empty()
    }

    /// Returns `true` if a stream may be ended in favour of a newer one.
    pub(crate) fn evicts(&self) -> bool {
        let max_streams = self.max_streams.as_ref();
        max_streams.is_some_and(MaxStreams::evicts)
            || self.limits.iter().any(|limit| limit.evicts())
    }

    /// Returns `true` if the layer asks some clients not to reconnect, so that it has to stop those that
    /// reconnect nevertheless.
    pub(crate) fn stops_clients(&self) -> bool {
        self.open_streams.is_some() || self.evicts()
    }

    /// Returns `true` if it counts streams by this limit.
    pub(crate) fn has_limit(&self, limit: LimitId) -> bool {
        self.limit_ids().any(|id| id == limit)
    }

    /// Returns all its limits.
    pub(crate) fn limit_ids(&self) -> impl Iterator<Item = LimitId> {
        let max_streams = self.max_streams.iter().map(MaxStreams::id);
        max_streams.chain(self.limits.iter().map(|limit| limit.id()))
    }

    /// Returns `true` if its streams end by this shutdown.
    pub(crate) fn has_shutdown(&self, shutdown: &Shutdown) -> bool {
        self.shutdown.as_ref().is_some_and(|it| it.is(shutdown))
    }

    /// Returns `true` if this handle lists its streams.
    pub(crate) fn has_registry(&self, streams: &OpenStreams) -> bool {
        self.open_streams.as_ref().is_some_and(|it| it.is(streams))
    }

    /// Returns the rejection of a stream whose request comes after the shutdown has begun.
    pub(crate) fn reject_at_shutdown(&self) -> Rejection {
        let policy = ShutdownPolicy::or_default(self.options.shutdown_policy.as_deref());
        Rejection {
            reason: RejectReason::ShutDown,
            policy: Box::new(policy.reject_or_default()),
        }
    }
}

/// A closure that returns `true` for requests that expect a stream.
#[derive(Clone)]
pub(crate) struct ExpectsStream(Arc<dyn Fn(RequestHead<'_>) -> bool + Send + Sync>);

impl ExpectsStream {
    pub(crate) fn new(expects: impl Fn(RequestHead<'_>) -> bool + Send + Sync + 'static) -> Self {
        Self(Arc::new(expects))
    }

    pub(crate) fn test(&self, head: RequestHead<'_>) -> bool {
        (self.0)(head)
    }
}

impl fmt::Debug for ExpectsStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ExpectsStream")
    }
}
