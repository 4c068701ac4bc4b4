//! Entries with their positions.

use std::sync::Arc;

use super::{Entry, Position, Topic};

/// An [`Entry`] that a store has, with its position.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoredEntry {
    /// The position of the entry.
    pub position: Position,
    /// The entry. In a page it may have only those of its topics that were asked for.
    pub entry: Arc<Entry>,
    /// For each topic of the entry, the position of the topic's entry before it, whether that is retained or
    /// not. Zero for the first entry of the topic, and for an entry that is ephemeral.
    pub topic_before: Vec<Position>,
}

impl StoredEntry {
    /// Creates an entry with its position.
    pub fn new(
        position: Position,
        entry: impl Into<Arc<Entry>>,
        topic_before: Vec<Position>,
    ) -> Self {
        Self {
            position,
            entry: entry.into(),
            topic_before,
        }
    }

    /// Returns the position of the entry before this one in a topic; zero if this entry is not in the topic.
    pub fn before(&self, topic: &Topic) -> Position {
        let mut topics = self.entry.topics().iter().zip(&self.topic_before);
        let found = topics.find(|(of, _)| *of == topic);
        found.map_or(Position::ZERO, |(_, before)| *before)
    }
}
