use http::{Method, Request, Version};

use super::{config::Config, context::StreamContext};
use crate::{
    EventId, LastEventId,
    headers::{Accept, head, is_repeatable},
    socket::SocketHandle,
};

/// The facts of a request that the layer keeps for its response.
#[derive(Debug, Default)]
pub(crate) struct RequestFacts {
    pub(crate) version: Version,
    pub(crate) is_head: bool,
    /// Whether it is a GET or QUERY, or asks for the head of one.
    pub(crate) is_repeatable: bool,
    pub(crate) accept: Accept,
    /// Whether the client wants the connection closed afterwards.
    pub(crate) closes: bool,
    /// Whether it came before the layer's shutdown.
    pub(crate) before_shutdown: bool,
    pub(crate) context: Option<Box<StreamContext>>,
    /// The `Last-Event-ID` of a client that names event streams.
    pub(crate) last_event_id: Option<Box<EventId>>,
    /// The connection, if it can be set.
    pub(crate) socket: Option<SocketHandle>,
}

impl RequestFacts {
    pub(crate) fn of<B>(request: &Request<B>, config: &Config) -> Self {
        let (method, headers) = (request.method(), request.headers());
        let version = request.version();
        let mut facts = Self {
            version,
            is_head: method == Method::HEAD,
            is_repeatable: is_repeatable(method),
            // Of other requests it matters only before the handler.
            accept: match is_repeatable(method) || config.rejects() {
                true => Accept::of(headers),
                false => Accept::default(),
            },
            closes: version == Version::HTTP_11 && head::asks_to_close(headers),
            before_shutdown: config.shutdown.as_ref().is_none_or(|it| !it.is_triggered()),
            context: StreamContext::of(request, config),
            last_event_id: None,
            socket: SocketHandle::find(request.extensions()),
        };
        if facts.names_stream() {
            let id = request.extensions().get::<LastEventId>();
            let id = id.filter(|id| !id.is_lossy());
            facts.last_event_id = id.map(|id| Box::new(EventId::clone(id)));
        }
        facts
    }

    /// Returns `true` if the client names event streams in a GET or QUERY, and so reads them as the
    /// standard requires.
    pub(crate) fn names_stream(&self) -> bool {
        self.is_repeatable && self.accept.named
    }

    pub(crate) fn take_context(&mut self) -> StreamContext {
        *self.context.take().unwrap_or_default()
    }
}

/// Puts the last event id into the extensions, unless an outer layer has.
pub(crate) fn insert_last_event_id<B>(request: &mut Request<B>, query: Option<&str>) {
    if request.extensions().get::<LastEventId>().is_some() {
        return;
    }
    if let Some(id) = LastEventId::from_request(request, query) {
        request.extensions_mut().insert(id);
    }
}
