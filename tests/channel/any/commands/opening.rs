/// How a client subscribes, and how the server sends the subscription.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Opening {
    pub(crate) channel: usize,
    pub(crate) start: Start,
    pub(crate) adapter: Adapter,
    pub(crate) frame_size: usize,
}

/// Where a subscription starts.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Start {
    Subscribe,
    /// The same, with an event before.
    Preceded,
    Replay,
    Resume(LastId),
}

/// The `Last-Event-ID` that a client sends.
#[derive(Clone, Copy, Debug)]
pub(crate) enum LastId {
    None,
    /// One of all ids that any client has seen.
    Seen(usize),
    /// The one that was seen last, or the one so many before it.
    LatestSeen(usize),
    /// The id so many events before the newest.
    Before(u64),
    /// The id so many events after the newest.
    After(u64),
    OtherEpoch(u64),
    /// One of the kinds of malformed ids.
    Malformed(usize),
}

/// How many kinds of malformed ids there are.
pub(crate) const MALFORMED: usize = 14;

/// The stream adapter around a subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Adapter {
    None,
    Boxed,
    TakeWhile,
    /// Hides the type of the items.
    Map,
    /// Drops the events named `tick`.
    Filter,
    /// Puts up to [`CHUNK`] events into an item.
    Chunks,
    /// Selects with a stream that has ended.
    Select,
    /// Selects with a stream that never ends.
    Merge,
}

/// The most events in an item of [`Adapter::Chunks`].
pub(crate) const CHUNK: usize = 3;
