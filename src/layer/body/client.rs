use http::Version;

use crate::{EventId, report::Audience};

/// The client that reads a stream, as far as its request shows it.
#[derive(Debug)]
pub(crate) struct Client {
    /// Whether it asked by a GET or QUERY.
    pub(crate) has_repeatable_request: bool,
    /// Whether that request named `text/event-stream`. Such a client reads events as the standard
    /// requires, and ignores events of a name that it does not know.
    pub(crate) names_stream: bool,
    /// The `Last-Event-ID` of its request.
    pub(crate) last_event_id: Option<Box<EventId>>,
    pub(crate) version: Version,
}

impl Client {
    pub(crate) fn audience(&self) -> Audience {
        match self.names_stream {
            true => Audience::NamesEventStream,
            false => Audience::Other,
        }
    }

    /// Returns `true` if a broken stream may go unnoticed: WebKit does not see that a stream is reset
    /// over HTTP/2.
    pub(crate) fn may_miss_a_break(&self) -> bool {
        self.version >= Version::HTTP_2
    }

    /// Returns `true` if the connection is to be reset when the stream breaks, where the layer can.
    ///
    /// Over HTTP/1.0 a break and an end both close the connection. Over HTTP/1.1 WebKit does not miss
    /// the last chunk: a `fetch` takes the half for the whole, and only a reset shows it the break. An
    /// `EventSource` of WebKit glues half an event to the next connection after a reset, so streams
    /// that a client resumes are not reset. Over HTTP/2 other streams share the connection.
    pub(crate) fn needs_a_reset(&self, is_resumable: bool) -> bool {
        self.version < Version::HTTP_11 || self.version == Version::HTTP_11 && !is_resumable
    }
}
