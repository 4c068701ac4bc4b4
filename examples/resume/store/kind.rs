//! The kinds of entries, as the database has them.

use tower_sse::store::{Entry, EntryKind, Position, Topic, TopicEntry, Topics};

use super::SqliteError;

pub(super) fn name(kind: &EntryKind) -> Result<&'static str, SqliteError> {
    match kind {
        EntryKind::Window => Ok("window"),
        EntryKind::Keyed(_) => Ok("keyed"),
        EntryKind::Removal(_) => Ok("removal"),
        EntryKind::Ephemeral => Ok("ephemeral"),
        other => Err(SqliteError::refused(format_args!(
            "the kind {other:?} is unknown"
        ))),
    }
}

/// What a row has of an entry, besides its topics.
pub(super) struct Content {
    pub(super) kind: String,
    pub(super) key: Option<String>,
    pub(super) bytes: Vec<u8>,
}

impl Content {
    /// Makes the entry of the tail. It has at least one topic.
    pub(super) fn entry(self, mut topics: impl Iterator<Item = Topic>) -> Option<Entry> {
        let first = topics.next()?;
        Some(match (self.kind.as_str(), self.key) {
            ("keyed", Some(key)) => Entry::keyed(first, key, self.bytes),
            ("removal", Some(key)) => Entry::removal(first, key, self.bytes),
            (kind, _) => {
                let mut all = Topics::from(first);
                all.extend(topics);
                match kind {
                    "ephemeral" => Entry::ephemeral(all, self.bytes),
                    _ => Entry::window(all, self.bytes),
                }
            }
        })
    }

    /// Makes the entry of a topic.
    pub(super) fn topic_entry(self, position: Position, before: Position) -> TopicEntry {
        match (self.kind.as_str(), self.key) {
            ("keyed", Some(key)) => TopicEntry::keyed(position, key, self.bytes),
            ("removal", Some(key)) => TopicEntry::removal(position, key, self.bytes),
            _ => TopicEntry::window(position, before, self.bytes),
        }
    }
}
