use http::Version;

use crate::EventId;

/// What the layer knows of the client that reads a stream.
#[derive(Debug)]
pub(crate) struct Client {
    /// Whether it asked by a GET or QUERY.
    pub(crate) reads: bool,
    /// Whether it named `text/event-stream` in doing so. Such a client reads events as the standard
    /// has it, and ignores those whose name it does not know.
    pub(crate) names_stream: bool,
    /// The id of the last event that it has seen, as it says.
    pub(crate) last_event_id: Option<Box<EventId>>,
    pub(crate) version: Version,
}

impl Client {
    /// Returns `true` if a broken stream may go unnoticed: WebKit does not see that a stream is reset
    /// over HTTP/2.
    pub(crate) fn may_miss_a_break(&self) -> bool {
        self.version >= Version::HTTP_2
    }

    /// Returns `true` if a break looks like an end: over HTTP/1.0 both close the connection.
    pub(crate) fn takes_a_break_for_an_end(&self) -> bool {
        self.version < Version::HTTP_11
    }
}
