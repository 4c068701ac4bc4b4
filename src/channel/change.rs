//! Changes of a channel, reported to the topics that it belongs to.

/// A change of a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ChannelChange {
    /// The first subscriber has arrived.
    Subscribed,
    /// The last subscriber has left.
    Idle,
    /// The channel is closed for publishers, but one of them is storing an event, which is published
    /// afterwards.
    Closing,
    /// The channel is closed, and nothing will be published any more.
    Closed,
}

/// A callback for the changes of a channel. By the time of a call there may have been more, and calls
/// from several threads come in any order.
pub(super) type OnChange = Box<dyn Fn(ChannelChange) + Send + Sync>;
