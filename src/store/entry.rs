//! The entries of a store.

use std::sync::Arc;

use bytes::Bytes;

use super::{Topic, Topics};

/// An event that a store appends, under one position for all its topics.
///
/// The bytes are the event as it goes over the wire, without an id. An application that writes entries into the
/// store by itself (an outbox) encodes them with [`EncodedEvent`](crate::EncodedEvent). Hubs ignore other bytes.
///
/// ```
/// use tower_sse::{EncodedEvent, Event, store::Entry};
///
/// # fn main() -> Result<(), tower_sse::BoxError> {
/// let event = EncodedEvent::new(&Event::new("hello"))?;
/// let entry = Entry::window("room/7", event);
/// assert_eq!(entry.bytes(), "data: hello\n\n");
/// # Ok(())
/// # }
/// ```
///
/// To a store the bytes mean nothing. (A hub also publishes entries of its own, such as the changes of rights: they
/// are ephemeral, of the topic `tower-sse:changes`, and their bytes are no events.)
///
/// ```
/// use tower_sse::store::{Entry, EntryKind};
///
/// let entry = Entry::keyed("prices", "ACME", "17.5");
/// assert_eq!(entry.topics(), ["prices".into()]);
/// assert_eq!(entry.kind(), &EntryKind::Keyed("ACME".into()));
/// assert_eq!(entry.bytes(), "17.5");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    topics: Topics,
    kind: EntryKind,
    bytes: Bytes,
}

/// What the topics of an [`Entry`] retain of it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EntryKind {
    /// Each topic retains its newest entries.
    Window,
    /// The topic retains the newest entry of each key.
    Keyed(Arc<str>),
    /// The key was removed. The topic retains the removal in place of the key's entry.
    Removal(Arc<str>),
    /// No topic retains the entry. It is in the tail only.
    Ephemeral,
}

impl Entry {
    /// Creates an entry for topics that retain their newest entries.
    pub fn window(topics: impl Into<Topics>, bytes: impl Into<Bytes>) -> Self {
        Self::new(topics.into(), EntryKind::Window, bytes.into())
    }

    /// Creates an entry that replaces the entry of the same key.
    ///
    /// It has one topic: a client could not acknowledge one position for a keyed topic and another topic.
    pub fn keyed(
        topic: impl Into<Topic>,
        key: impl Into<Arc<str>>,
        bytes: impl Into<Bytes>,
    ) -> Self {
        let topics = Topics::from(topic.into());
        Self::new(topics, EntryKind::Keyed(key.into()), bytes.into())
    }

    /// Creates an entry that removes a key. A hub makes the event of the removal itself, so the bytes are empty.
    pub fn removal(
        topic: impl Into<Topic>,
        key: impl Into<Arc<str>>,
        bytes: impl Into<Bytes>,
    ) -> Self {
        let topics = Topics::from(topic.into());
        Self::new(topics, EntryKind::Removal(key.into()), bytes.into())
    }

    /// Creates an entry for open subscriptions only, which no topic retains.
    pub fn ephemeral(topics: impl Into<Topics>, bytes: impl Into<Bytes>) -> Self {
        Self::new(topics.into(), EntryKind::Ephemeral, bytes.into())
    }

    pub(super) fn new(topics: Topics, kind: EntryKind, bytes: Bytes) -> Self {
        Self {
            topics,
            kind,
            bytes,
        }
    }

    /// Returns the topics, one or more. An entry with a key has one.
    pub fn topics(&self) -> &[Topic] {
        self.topics.as_slice()
    }

    /// Returns what the topics retain of the entry.
    pub fn kind(&self) -> &EntryKind {
        &self.kind
    }

    /// Returns the event. The store does not interpret the bytes.
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    pub(super) fn add_topic(&mut self, topic: Topic) {
        self.topics.add(topic);
    }
}

impl EntryKind {
    /// Returns the key, if the topic is keyed.
    pub fn key(&self) -> Option<&Arc<str>> {
        match self {
            Self::Keyed(key) | Self::Removal(key) => Some(key),
            Self::Window | Self::Ephemeral => None,
        }
    }

    /// Returns `true` if topics retain the entry.
    pub fn is_retained(&self) -> bool {
        !matches!(self, Self::Ephemeral)
    }
}
