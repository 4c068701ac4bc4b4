//! The starts of a subscription in its channels.

use std::sync::Arc;

use crate::EventId;

/// A channel of a subscription, and the position at which the subscription begins in it.
///
/// A name alone is a channel that is [resumed](Self::resume).
///
/// ```
/// use futures_util::{FutureExt, StreamExt};
/// use tower_sse::{Channel, ChannelStart, Event, Hub, HubOptions};
///
/// # #[cfg(feature = "tokio")]
/// # fn main() -> Result<(), tower_sse::BoxError> {
/// let hub = Hub::new(HubOptions::new());
/// let news: Channel = hub.channel("news")?;
/// news.publish(Event::new("one"))?;
///
/// let starts = [ChannelStart::from("user/ada"), ChannelStart::replay("news")];
/// let mut stream = hub.resume(starts, None)?;
/// let event = stream.next().now_or_never().flatten().unwrap();
/// assert!(event.encoded().as_bytes().starts_with(b"data: one\n"));
/// # Ok(())
/// # }
/// # #[cfg(not(feature = "tokio"))] fn main() {}
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a start does nothing until a subscription has it"]
pub struct ChannelStart {
    pub(super) name: Arc<str>,
    pub(super) start: Start,
}

/// The start of a subscription in a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Start {
    pub(super) kind: StartKind,
    /// The position at which the channel was added to a subscription that was open.
    pub(super) added_at: Option<EventId>,
    /// Whether the hub cannot know if the epoch of the position is over, or is to come.
    pub(super) is_unlocated: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum StartKind {
    Resume,
    Live,
    Replay,
    Since(EventId),
}

impl From<StartKind> for Start {
    fn from(kind: StartKind) -> Self {
        Self {
            kind,
            added_at: None,
            is_unlocated: false,
        }
    }
}

impl ChannelStart {
    /// Begins after the client's last event id, or with the next event if the client has none.
    pub fn resume(name: impl Into<Arc<str>>) -> Self {
        Self::new(name, StartKind::Resume)
    }

    /// Begins with the next event, whatever the client's last event id.
    pub fn live(name: impl Into<Arc<str>>) -> Self {
        Self::new(name, StartKind::Live)
    }

    /// Begins with the oldest retained event, whatever the client's last event id.
    ///
    /// That is the oldest one when the first event of the channel is read, not when the subscription is made.
    /// Events up to the client's last event id come first and without ids.
    pub fn replay(name: impl Into<Arc<str>>) -> Self {
        Self::new(name, StartKind::Replay)
    }

    /// Begins after this position, or after the client's last event id if that is later.
    ///
    /// Use it for a client that got the right to read the channel at this position
    /// ([`Hub::last_id`](super::Hub::last_id)): it gets nothing that was published before. An id that the
    /// hub has not made, such as one from before a restart, stands for the beginning.
    ///
    /// Over a store it does not, because a store that was restored from a backup has events from before a
    /// position that it has lost. A client whose last event id is of the present epoch goes on after that. Any
    /// other gets nothing that has been published so far, and has a gap: give it a new position.
    ///
    /// ```
    /// use futures_util::{FutureExt, StreamExt};
    /// use tower_sse::{ChannelStart, Event, Hub, HubOptions};
    ///
    /// # #[cfg(feature = "tokio")]
    /// # fn main() -> Result<(), tower_sse::BoxError> {
    /// let hub = Hub::new(HubOptions::new());
    /// hub.publish(["team/3"], &Event::new("not for ada"))?;
    /// let given_at = hub.last_id();
    /// hub.publish(["team/3"], &Event::new("welcome"))?;
    ///
    /// let mut stream = hub.resume([ChannelStart::since("team/3", given_at)], None)?;
    /// let event = stream.next().now_or_never().flatten().unwrap();
    /// assert!(event.encoded().as_bytes().starts_with(b"data: welcome\n"));
    /// # Ok(())
    /// # }
    /// # #[cfg(not(feature = "tokio"))] fn main() {}
    /// ```
    pub fn since(name: impl Into<Arc<str>>, position: EventId) -> Self {
        Self::new(name, StartKind::Since(position))
    }

    /// Names the position at which the channel was added to the client's open streams, as
    /// [`Subscribers::add`](super::Subscribers::add) has returned it.
    ///
    /// A client whose last event id is at or above this position has got everything up to the id, and
    /// resumes. A client with a lower id, or with none, begins as the start says: with
    /// [`replay`](Self::replay) or [`since`](Self::since) it gets events again that it may have. Such events
    /// up to the client's last event id come without ids.
    pub fn added_at(mut self, position: EventId) -> Self {
        self.start.added_at = Some(position);
        self
    }

    fn new(name: impl Into<Arc<str>>, kind: StartKind) -> Self {
        Self {
            name: name.into(),
            start: kind.into(),
        }
    }
}

impl From<&str> for ChannelStart {
    fn from(name: &str) -> Self {
        Self::resume(name)
    }
}

impl From<&&str> for ChannelStart {
    fn from(name: &&str) -> Self {
        Self::resume(*name)
    }
}

impl From<&String> for ChannelStart {
    fn from(name: &String) -> Self {
        Self::resume(name.as_str())
    }
}

impl From<String> for ChannelStart {
    fn from(name: String) -> Self {
        Self::resume(name)
    }
}

impl From<Arc<str>> for ChannelStart {
    fn from(name: Arc<str>) -> Self {
        Self::resume(name)
    }
}
