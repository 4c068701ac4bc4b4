//! What a store reads of one topic for a page.

use std::sync::Arc;

use bytes::Bytes;

use super::{EntryKind, Position, Topic};

/// The oldest retained entries of one topic above a position, for a [`PageBuilder`](super::PageBuilder).
#[derive(Clone, Debug)]
pub struct TopicRead {
    pub(super) topic: Topic,
    pub(super) entries: Vec<TopicEntry>,
    pub(super) start: Position,
    pub(super) is_cut: bool,
}

/// An entry of one topic.
#[derive(Clone, Debug)]
pub struct TopicEntry {
    pub(super) position: Position,
    pub(super) before: Position,
    pub(super) kind: EntryKind,
    pub(super) bytes: Bytes,
}

impl TopicRead {
    /// Creates what was read of a topic of window entries, in order.
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

    /// Creates what was read of a keyed topic, in order: the newest entry or the removal of each key.
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
    /// Creates a window entry. `before` is the position of the topic's entry before it, whether that is
    /// retained or not; zero for the first.
    pub fn window(position: Position, before: Position, bytes: impl Into<Bytes>) -> Self {
        Self {
            position,
            before,
            kind: EntryKind::Window,
            bytes: bytes.into(),
        }
    }

    /// Creates the newest entry of a key.
    pub fn keyed(position: Position, key: impl Into<Arc<str>>, bytes: impl Into<Bytes>) -> Self {
        Self {
            position,
            before: Position::ZERO,
            kind: EntryKind::Keyed(key.into()),
            bytes: bytes.into(),
        }
    }

    /// Creates the removal of a key.
    pub fn removal(position: Position, key: impl Into<Arc<str>>, bytes: impl Into<Bytes>) -> Self {
        Self {
            position,
            before: Position::ZERO,
            kind: EntryKind::Removal(key.into()),
            bytes: bytes.into(),
        }
    }
}
