//! The part of a page that a store reads of one topic.

use std::sync::Arc;

use bytes::Bytes;

use super::{EntryKind, Position, Topic};

/// The oldest retained entries of one topic above a position, for a [`PageBuilder`](super::PageBuilder).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicRead {
    pub(super) topic: Topic,
    pub(super) entries: Vec<TopicEntry>,
    pub(super) start: Position,
    pub(super) is_cut: bool,
}

/// An entry of one topic.
///
/// ```
/// use tower_sse::store::{EntryKind, Position, TopicEntry};
///
/// let (position, before) = (Position::new(7), Position::new(4));
/// let entry = TopicEntry::window(position, before, "hello");
/// assert_eq!((entry.position(), entry.before()), (position, before));
/// assert_eq!((entry.kind(), &entry.bytes()[..]), (&EntryKind::Window, &b"hello"[..]));
///
/// // From the columns of a row.
/// let kind = EntryKind::from_name("window", None).unwrap();
/// assert_eq!(TopicEntry::new(position, before, kind, "hello"), entry);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicEntry {
    pub(super) position: Position,
    pub(super) before: Position,
    pub(super) kind: EntryKind,
    pub(super) bytes: Bytes,
}

impl TopicRead {
    /// Creates a read of a topic of window entries, in order.
    ///
    /// `last` is the position of the newest entry that the topic has ever had, whether the topic retains it or
    /// not. A store that forgets topics gives the highest position that a forgotten topic can have had.
    pub fn window(topic: Topic, last: Position, entries: Vec<TopicEntry>) -> Self {
        let first = entries.first().map(|entry| entry.before);
        Self {
            topic,
            entries,
            start: first.unwrap_or(last),
            is_cut: false,
        }
    }

    /// Creates a read of a keyed topic, in order: the newest entry or the removal of each key.
    ///
    /// `dropped` is the highest position of a removal that the topic no longer retains; zero if it retains all.
    pub fn keyed(topic: Topic, dropped: Position, entries: Vec<TopicEntry>) -> Self {
        Self {
            topic,
            entries,
            start: dropped,
            is_cut: false,
        }
    }

    /// Notes that the topic may have entries after those that were read, although they are fewer than the limit
    /// of the page. There must be at least one entry.
    #[must_use]
    pub fn cut(mut self) -> Self {
        self.is_cut = true;
        self
    }
}

impl TopicEntry {
    /// Creates an entry of any kind. `before` is the position of the topic's entry before it, whether that is
    /// retained or not; zero for the first, and for an entry with a key, where it does not count.
    pub fn new(
        position: Position,
        before: Position,
        kind: EntryKind,
        bytes: impl Into<Bytes>,
    ) -> Self {
        let before = match kind.key() {
            Some(_) => Position::ZERO,
            None => before,
        };
        Self {
            position,
            before,
            kind,
            bytes: bytes.into(),
        }
    }

    /// Creates a window entry. `before` is as for [`new`](Self::new).
    pub fn window(position: Position, before: Position, bytes: impl Into<Bytes>) -> Self {
        Self::new(position, before, EntryKind::Window, bytes)
    }

    /// Creates the newest entry of a key.
    pub fn keyed(position: Position, key: impl Into<Arc<str>>, bytes: impl Into<Bytes>) -> Self {
        let kind = EntryKind::Keyed(key.into());
        Self::new(position, Position::ZERO, kind, bytes)
    }

    /// Creates the removal of a key.
    pub fn removal(position: Position, key: impl Into<Arc<str>>, bytes: impl Into<Bytes>) -> Self {
        let kind = EntryKind::Removal(key.into());
        Self::new(position, Position::ZERO, kind, bytes)
    }

    /// Returns the position of the entry.
    pub const fn position(&self) -> Position {
        self.position
    }

    /// Returns the position of the topic's entry before this one; zero if the entry has a key.
    pub const fn before(&self) -> Position {
        self.before
    }

    /// Returns what the topic retains of the entry.
    pub const fn kind(&self) -> &EntryKind {
        &self.kind
    }

    /// Returns the event.
    pub const fn bytes(&self) -> &Bytes {
        &self.bytes
    }
}
