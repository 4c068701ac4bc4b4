use std::sync::Arc;

use http::Request;

use crate::{
    RequestHead, Shutdown, SseOptions,
    lifecycle::{Limit, MaxStreams, Noted, Observer, Watcher},
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
    pub(crate) observer: Observer,
    pub(crate) watchers: Vec<Arc<dyn Watcher>>,
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
            observer: Observer::default(),
            watchers: Vec::new(),
            tuning: None,
        }
    }

    /// Tells whether it matters what a request accepts.
    pub(crate) fn looks_at_accept(&self) -> bool {
        self.options.require_accept.unwrap_or(false) || self.refuses()
    }

    /// Tells whether it attaches anything to a stream.
    pub(crate) fn attaches(&self) -> bool {
        self.refuses()
            || self.observer.watches()
            || !self.watchers.is_empty()
            || self.tuning.is_some()
    }

    fn refuses(&self) -> bool {
        self.shutdown.is_some() || self.max_streams.is_some() || !self.limits.is_empty()
    }

    /// Notes what the layer wants to know of a request.
    pub(crate) fn note<B>(&self, request: &Request<B>) -> Option<Box<Noted>> {
        let nothing =
            self.limits.is_empty() && self.watchers.is_empty() && !self.observer.has_labels();
        (!nothing).then(|| Box::new(Noted::of(RequestHead::of(request), self)))
    }
}
