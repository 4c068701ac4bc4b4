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
/// To a store the bytes mean nothing. (A hub also publishes entries of its own, for changes of rights and for the
/// presence: they are ephemeral, of the topics `tower-sse:changes` and `tower-sse:presence`, and their bytes are no
/// events. Those of generations are retained: the keyed topic `tower-sse:generations`, and a topic
/// `tower-sse:generation/..` for each.)
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

/// The kind of an [`Entry`]: what its topics retain of it.
///
/// A store saves the [`name`](Self::name) and the [`key`](Self::key), and makes the kind of them again. It need
/// not know the kinds one by one for that:
///
/// ```
/// use tower_sse::store::{Entry, EntryKind, Topics};
///
/// let entry = Entry::keyed("prices", "ACME", "17.5");
/// let row = (entry.kind().name(), entry.kind().key().cloned(), entry.bytes().clone());
/// assert_eq!(row.0, "keyed");
///
/// let (name, key, bytes) = row;
/// let kind = EntryKind::from_name(name, key).unwrap();
/// assert_eq!(Entry::new(Topics::from("prices"), kind, bytes), entry);
/// assert_eq!(EntryKind::from_name("unheard of", None), None);
/// ```
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
    /// Creates an entry of any kind, for a store that has saved the three. Of several topics of an entry with a
    /// key, the first counts.
    pub fn new(topics: impl Into<Topics>, kind: EntryKind, bytes: impl Into<Bytes>) -> Self {
        let mut topics = topics.into();
        if kind.key().is_some() {
            topics.keep_first();
        }
        Self {
            topics,
            kind,
            bytes: bytes.into(),
        }
    }

    /// Creates an entry for topics that retain their newest entries.
    pub fn window(topics: impl Into<Topics>, bytes: impl Into<Bytes>) -> Self {
        Self::new(topics, EntryKind::Window, bytes)
    }

    /// Creates an entry that replaces the entry of the same key.
    ///
    /// It has one topic: a client could not acknowledge one position for a keyed topic and another topic.
    pub fn keyed(
        topic: impl Into<Topic>,
        key: impl Into<Arc<str>>,
        bytes: impl Into<Bytes>,
    ) -> Self {
        Self::new(topic.into(), EntryKind::Keyed(key.into()), bytes)
    }

    /// Creates an entry that removes a key. A hub makes the event of the removal itself, so the bytes are empty.
    pub fn removal(
        topic: impl Into<Topic>,
        key: impl Into<Arc<str>>,
        bytes: impl Into<Bytes>,
    ) -> Self {
        Self::new(topic.into(), EntryKind::Removal(key.into()), bytes)
    }

    /// Creates an entry for open subscriptions only, which no topic retains.
    pub fn ephemeral(topics: impl Into<Topics>, bytes: impl Into<Bytes>) -> Self {
        Self::new(topics, EntryKind::Ephemeral, bytes)
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
    /// Returns the kind with this name. `None` if there is no such kind, if it needs a key and none is given, or if it
    /// has no key and one is given.
    pub fn from_name(name: &str, key: Option<Arc<str>>) -> Option<Self> {
        match (name, key) {
            ("window", None) => Some(Self::Window),
            ("keyed", Some(key)) => Some(Self::Keyed(key)),
            ("removal", Some(key)) => Some(Self::Removal(key)),
            ("ephemeral", None) => Some(Self::Ephemeral),
            _ => None,
        }
    }

    /// Returns the name: `window`, `keyed`, `removal` or `ephemeral`. Names never change.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Window => "window",
            Self::Keyed(_) => "keyed",
            Self::Removal(_) => "removal",
            Self::Ephemeral => "ephemeral",
        }
    }

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_with_a_key_has_one_topic() {
        let topics = Topics::try_from_iter(["prices", "all"]).unwrap();
        let kind = EntryKind::Keyed("ACME".into());
        let entry = Entry::new(topics.clone(), kind, "17.5");
        assert_eq!(entry, Entry::keyed("prices", "ACME", "17.5"));
        let entry = Entry::new(topics, EntryKind::Window, "17.5");
        assert_eq!(entry.topics(), ["prices".into(), "all".into()]);
    }

    #[test]
    fn each_kind_has_a_name_from_which_it_is_made_again() {
        let key = || Arc::from("ACME");
        let kinds = [
            EntryKind::Window,
            EntryKind::Keyed(key()),
            EntryKind::Removal(key()),
            EntryKind::Ephemeral,
        ];
        for kind in kinds {
            let made = EntryKind::from_name(kind.name(), kind.key().cloned());
            assert_eq!(made, Some(kind));
        }
        assert_eq!(EntryKind::from_name("keyed", None), None);
        assert_eq!(EntryKind::from_name("window", Some(key())), None);
    }
}
