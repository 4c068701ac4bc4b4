use std::sync::Arc;

use http::{Method, Request, Version};

use crate::{
    EventId, LastEventId, RequestHead,
    accept::Accept,
    config::Config,
    entry::Entry,
    header,
    lifecycle::{Noted, was_stopped},
    socket::SocketHandle,
};

/// What the layer keeps of a request for its response.
#[derive(Debug, Default)]
pub(crate) struct RequestFacts {
    pub(crate) version: Version,
    pub(crate) is_head: bool,
    /// Whether it is a GET or QUERY, or asks for the head of one.
    pub(crate) reads: bool,
    pub(crate) accept: Accept,
    /// Whether the client wants the connection closed afterwards.
    pub(crate) closes: bool,
    /// Whether it came before the layer's shutdown.
    pub(crate) came_before: bool,
    /// What the layer attaches to the stream.
    pub(crate) noted: Option<Box<Noted>>,
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
            reads: reads(method),
            // Of other requests it matters only before the handler.
            accept: match reads(method) || config.refuses() {
                true => Accept::of(headers),
                false => Accept::default(),
            },
            closes: version == Version::HTTP_11 && header::asks_to_close(headers),
            came_before: config.shutdown.as_ref().is_none_or(|it| !it.is_triggered()),
            noted: Noted::of(request, config),
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
        self.reads && self.accept.named
    }

    pub(crate) fn take_noted(&mut self) -> Noted {
        *self.noted.take().unwrap_or_default()
    }
}

/// Returns `true` for methods that can be repeated to resume a stream: GET, QUERY, and HEAD.
pub(crate) fn reads(method: &Method) -> bool {
    matches!(method.as_str(), "GET" | "HEAD" | "QUERY")
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

/// Claims places for a request, or stops its client, before the handler is called. Returns `None` if
/// the handler gets the request at once.
pub(crate) fn enter<B>(
    request: &mut Request<B>,
    facts: &mut RequestFacts,
    config: &Arc<Config>,
) -> Option<Box<Entry>> {
    let id = request.extensions().get::<LastEventId>();
    if facts.reads && config.stops_clients() && id.is_some_and(|id| was_stopped(id)) {
        return Some(Box::new(Entry::Stopped));
    }
    if !config.refuses() {
        return None;
    }
    let head = RequestHead::of(request);
    let expected = match &config.expects {
        Some(expects) => expects.test(head),
        None => facts.accept.alone || facts.names_stream(),
    };
    if !expected {
        return None;
    }
    let noted = facts.noted.get_or_insert_default();
    let (claims, limits) = noted.take_early(config);
    let control = noted.outer().control().unwrap_or_default();
    let outer = noted.outer().and(&limits, &control);
    request.extensions_mut().insert(outer);
    Some(Box::new(Entry::claiming(claims, control)))
}
