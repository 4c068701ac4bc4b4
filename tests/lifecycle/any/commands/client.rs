use http::Version;

/// A client, by what it sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Client {
    pub(crate) method: &'static str,
    pub(crate) accept: Option<&'static str>,
    pub(crate) version: Version,
    /// Whether it sends the id of an event that asked it not to reconnect.
    pub(crate) was_stopped: bool,
}

/// What `Accept` may be. The first names event streams alone, the second other types too.
pub(crate) const ACCEPTS: [Option<&str>; 5] = [
    Some("text/event-stream"),
    Some("application/json, text/event-stream"),
    Some("*/*"),
    Some("application/json"),
    None,
];

impl Client {
    pub(crate) fn is_head(self) -> bool {
        self.method == "HEAD"
    }

    /// Returns `true` for a GET or QUERY; HEAD gets what a GET would get.
    pub(crate) fn reads(self) -> bool {
        matches!(self.method, "GET" | "HEAD" | "QUERY")
    }

    /// Returns `true` for a GET or QUERY whose `Accept` names event streams.
    pub(crate) fn names_stream(self) -> bool {
        self.reads() && (self.accept == ACCEPTS[0] || self.accept == ACCEPTS[1])
    }

    /// Returns `true` if a layer expects by default that it gets a stream.
    pub(crate) fn expects_stream(self) -> bool {
        self.names_stream() || self.accept == ACCEPTS[0]
    }

    /// Returns the line that repeats the id that it has sent, if it has sent one.
    pub(crate) fn last_event_id(self) -> &'static str {
        match self.was_stopped {
            true => "id: tower-sse.evicted\n",
            false => "",
        }
    }
}
