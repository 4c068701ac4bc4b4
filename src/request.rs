use http::{Method, Request, Version};

use crate::{
    LastEventId, accept::accepts_event_stream, config::Config, header, lifecycle::Noted,
    socket::SocketHandle,
};

/// What the layer keeps of a request for its response.
#[derive(Debug, Default)]
pub(crate) struct RequestFacts {
    pub(crate) version: Version,
    pub(crate) is_head: bool,
    /// Whether it is a GET, or asks for the head of one.
    pub(crate) reads: bool,
    /// Whether it accepts event streams. Looked at only where that matters, for it takes time on
    /// every request.
    pub(crate) accepts: bool,
    /// Whether the client wants the connection closed afterwards.
    pub(crate) closes: bool,
    /// What the layer attaches to the stream.
    pub(crate) noted: Option<Box<Noted>>,
    /// The connection, if it can be set.
    pub(crate) socket: Option<SocketHandle>,
}

impl RequestFacts {
    pub(crate) fn of<B>(request: &Request<B>, config: &Config) -> Self {
        let (method, headers) = (request.method(), request.headers());
        let version = request.version();
        Self {
            version,
            is_head: method == Method::HEAD,
            reads: method == Method::GET || method == Method::HEAD,
            accepts: !config.looks_at_accept() || accepts_event_stream(headers),
            closes: version == Version::HTTP_11 && header::asks_to_close(headers),
            noted: Noted::of(request, config),
            socket: SocketHandle::find(request.extensions()),
        }
    }

    pub(crate) fn take_noted(&mut self) -> Noted {
        *self.noted.take().unwrap_or_default()
    }
}

/// Puts the last event id into the extensions, unless an outer layer has.
pub(crate) fn note_last_event_id<B>(request: &mut Request<B>, query: Option<&str>) {
    if request.extensions().get::<LastEventId>().is_some() {
        return;
    }
    if let Some(id) = LastEventId::from_request(request, query) {
        request.extensions_mut().insert(id);
    }
}
