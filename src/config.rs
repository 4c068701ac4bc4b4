use std::sync::{Arc, Mutex};

use crate::{
    AtShutdown, Refuse, RefuseReason, Shutdown, SseOptions,
    lifecycle::{Limit, MaxStreams, Observer, Refused},
    socket::Tuning,
    timer::SharedTimer,
};

/// What a layer, its services and their streams share.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    pub(crate) timer: SharedTimer,
    pub(crate) options: SseOptions,
    /// The query parameter that may stand in for the `Last-Event-ID` header.
    pub(crate) last_event_id_query: Option<Arc<str>>,
    pub(crate) shutdown: Option<Shutdown>,
    pub(crate) max_streams: Option<MaxStreams>,
    pub(crate) limits: Vec<Arc<dyn Limit>>,
    /// Held while a stream is admitted, by one at a time.
    pub(crate) turn: Arc<Mutex<()>>,
    pub(crate) observer: Observer,
    /// How connections are set that carry a stream.
    pub(crate) tuning: Option<Tuning>,
}

impl Config {
    pub(crate) fn new(timer: SharedTimer) -> Self {
        Self {
            timer,
            options: SseOptions::new(),
            last_event_id_query: None,
            shutdown: None,
            max_streams: None,
            limits: Vec::new(),
            turn: Arc::default(),
            observer: Observer::default(),
            tuning: None,
        }
    }

    /// Tells whether it matters what a request accepts.
    pub(crate) fn looks_at_accept(&self) -> bool {
        self.options.require_accept.unwrap_or(false) || self.refuses()
    }

    /// Tells whether it attaches anything to a stream.
    pub(crate) fn attaches(&self) -> bool {
        self.refuses() || self.observer.watches() || self.tuning.is_some()
    }

    fn refuses(&self) -> bool {
        self.shutdown.is_some() || self.max_streams.is_some() || !self.limits.is_empty()
    }

    /// Returns how a stream is refused that comes when the shutdown has begun.
    pub(crate) fn refuse_at_shutdown(&self) -> Refused {
        let how = AtShutdown::or_default(self.options.at_shutdown.as_deref());
        let retry = how.retry_or_default();
        (RefuseReason::ShutDown, Refuse::softly().retry(retry))
    }
}
