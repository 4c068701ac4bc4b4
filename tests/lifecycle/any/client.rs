use http::Version;

/// Who asks for a stream, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Client {
    pub(crate) method: &'static str,
    pub(crate) accept: Option<&'static str>,
    pub(crate) version: Version,
    /// Whether it comes with the id that told it to stay away.
    pub(crate) was_stopped: bool,
}

/// What `Accept` may be. The first names nothing but event streams, the second others too.
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

    /// Returns `true` if it is sure to want a stream.
    pub(crate) fn expects_stream(self) -> bool {
        self.names_stream() || self.accept == ACCEPTS[0]
    }

    /// Returns the line that repeats the id with which it came, if it came with one.
    pub(crate) fn last_event_id(self) -> &'static str {
        match self.was_stopped {
            true => "id: tower-sse.evicted\n",
            false => "",
        }
    }
}
