//! The generations of all nodes, by key.

use std::sync::Arc;

use super::marker;
use crate::{
    Channel, ChannelError, EncodedEvent, Hub, KeyedChannel, PublishError, Stored,
    generation::{GenerationEnd, GenerationError},
    store::Epoch,
};

/// The index: a keyed channel, in which a generation has the key of the user and a name of its own.
///
/// Two nodes may start a generation of one key at the same time. Then that counts whose entry has the lower number,
/// which is the same on all nodes, and the other one is removed.
#[derive(Clone, Debug)]
pub(super) struct Index(KeyedChannel<EncodedEvent, Stored>);

/// A generation in the index.
#[derive(Clone, Debug)]
pub(super) struct IndexEntry {
    /// That of the entry: all events of a generation that has ended have lower ones.
    pub(super) number: u64,
    /// The key of the user, a slash, and a name that is drawn.
    pub(super) name: Arc<str>,
    pub(super) state: IndexState,
}

#[derive(Clone, Debug)]
pub(super) enum IndexState {
    /// It runs, and began after this number. If its node dies, its clients get these events.
    Running {
        start: u64,
        lost: EncodedEvent,
    },
    Ended(EndedEntry),
}

/// A generation that has ended.
#[derive(Clone, Copy, Debug)]
pub(super) struct EndedEntry {
    pub(super) end: GenerationEnd,
    pub(super) start: u64,
    /// The number of its last event, before the last events of its end.
    pub(super) last: u64,
    /// Whether there are such events.
    pub(super) has_last_events: bool,
}

impl EndedEntry {
    /// Returns `true` if a client with this number has all of it, and knows that.
    pub(super) fn is_complete_with(&self, number: u64) -> bool {
        match self.has_last_events {
            true => number > self.last,
            false => number == self.last && self.end == GenerationEnd::Completed,
        }
    }
}

impl IndexEntry {
    pub(super) fn key(&self) -> &str {
        self.name.rsplit_once('/').map_or("", |(key, _)| key)
    }

    pub(super) fn is_running(&self) -> bool {
        matches!(self.state, IndexState::Running { .. })
    }

    pub(super) fn start(&self) -> u64 {
        match &self.state {
            IndexState::Running { start, .. } => *start,
            IndexState::Ended(ended) => ended.start,
        }
    }

    fn read(name: Arc<str>, number: u64, event: &EncodedEvent) -> Option<Self> {
        let (lost, words) = marker::read(event)?;
        let state = match words.split(' ').collect::<Vec<_>>()[..] {
            ["running"] => {
                let start = number;
                IndexState::Running { start, lost }
            }
            ["ended", end, start, last, last_events] => IndexState::Ended(EndedEntry {
                end: GenerationEnd::from_label(end)?,
                start: start.parse().ok()?,
                last: last.parse().ok()?,
                has_last_events: last_events == "told",
            }),
            _ => return None,
        };
        Some(Self {
            number,
            name,
            state,
        })
    }
}

impl Index {
    pub(super) fn of(hub: &Hub<Stored>) -> Result<Self, GenerationError> {
        let channel = hub.generations();
        channel.map(Self).map_err(GenerationError::Channel)
    }

    /// Returns all generations, in the order of their entries.
    pub(super) async fn entries(&self) -> Result<Vec<IndexEntry>, GenerationError> {
        let entries = self.0.entries().await;
        let entries = entries.ok_or(GenerationError::Unavailable)?.into_iter();
        let read = |(name, number, event)| IndexEntry::read(name, number, &event);
        Ok(entries.filter_map(read).collect())
    }

    /// Returns the generation of a key: that which runs, or else the one that ended last.
    pub(super) async fn get(&self, key: &str) -> Result<Option<IndexEntry>, GenerationError> {
        let mut entries = self.entries().await?;
        entries.retain(|entry| entry.key() == key);
        let running = entries.iter().position(IndexEntry::is_running);
        let at = running.or(entries.len().checked_sub(1));
        Ok(at.map(|at| entries.swap_remove(at)))
    }

    /// Adds a generation that runs. Returns the number after which it begins.
    pub(super) async fn begin(
        &self,
        name: &str,
        lost: &[EncodedEvent],
    ) -> Result<u64, GenerationError> {
        let entry = marker::write(lost, "running").ok_or(GenerationError::Unavailable)?;
        let id = self.0.publish(name, entry).await.map_err(error)?;
        let parsed = Epoch::parse_keyed(id.as_str());
        parsed
            .map(|(_, number)| number)
            .ok_or(GenerationError::Unavailable)
    }

    /// Ends a generation, with the marker of the end in its channel: the store has both or none.
    pub(super) async fn end(
        &self,
        name: &str,
        ended: EndedEntry,
        channel: &Channel<EncodedEvent, Stored>,
        marker: EncodedEvent,
    ) -> Result<(), GenerationError> {
        let EndedEntry {
            end, start, last, ..
        } = ended;
        let told = if ended.has_last_events {
            "told"
        } else {
            "untold"
        };
        let entry = marker::write(&[], &format!("ended {end} {start} {last} {told}"));
        let entry = entry.ok_or(GenerationError::Unavailable)?;
        let ended = channel.publish_beside(marker, (&self.0, name), entry);
        ended.await.map_err(error)
    }

    /// Removes a generation. If that fails, another call does it later.
    pub(super) async fn remove(&self, name: &str) {
        let _ = self.0.remove(name).await;
    }
}

pub(super) fn error(error: PublishError) -> GenerationError {
    match error {
        PublishError::Channel(error) => GenerationError::Channel(error),
        PublishError::Full => GenerationError::TooMany { max: 10_000 },
        PublishError::Key(error) => GenerationError::Channel(ChannelError::Name(error)),
        _ => GenerationError::Unavailable,
    }
}
