use super::Client;
use crate::any::options::Options;

/// A request, and how the handler responds to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Opening {
    pub(crate) client: Client,
    pub(crate) key: Option<usize>,
    pub(crate) kind: Kind,
    /// What the handler sets for its stream.
    pub(crate) options: Options,
    /// Whether the handler responds later.
    pub(crate) is_slow: bool,
}

/// The kind of a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A body of bytes, which may announce its end by `is_end_stream`.
    Adopted { announces: bool },
    /// The same, compressed.
    Compressed,
    /// A stream of events.
    Typed {
        /// Whether a client that reconnects gets the events that it missed.
        is_resumable: bool,
        /// Whether an error becomes a last event.
        has_error_event: bool,
    },
    /// No stream.
    NotFound,
}
