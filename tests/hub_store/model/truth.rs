use std::collections::{BTreeMap, BTreeSet};

use tower_sse::store::{Entry, EntryKind, Epoch, Head, Topic};

use super::wire::WireId;

/// A place in the store: an epoch and a position.
pub(super) type Place = (Epoch, u64);

/// Everything that was ever stored.
#[derive(Debug, Default)]
pub(super) struct Truth {
    pub(super) facts: BTreeMap<Place, Fact>,
    /// The number of times that the store has lost records.
    pub(super) losses: u64,
    pub(super) wipes: u64,
    /// The highest position of each epoch at which the store has recorded a loss. It may have lost that record too.
    pub(super) recorded: BTreeMap<Epoch, u64>,
    /// All of these positions.
    pub(super) losses_at: BTreeSet<(Epoch, u64)>,
}

/// An entry that was stored.
#[derive(Clone, Debug)]
pub(super) struct Fact {
    pub(super) topics: Vec<Topic>,
    pub(super) kind: FactKind,
    /// The number of the publish, which no other has. Zero if it has none.
    pub(super) payload: u64,
    /// Whether the store has lost it.
    pub(super) is_lost: bool,
    /// The topics that had dropped it, and have it again since the store has lost that.
    pub(super) came_back: Vec<Topic>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum FactKind {
    Window,
    Ephemeral,
    Keyed(String),
    Removal(String),
    /// A change of the open subscriptions with a name.
    Change {
        is_addition: bool,
        name: String,
        channel: String,
        /// The position after which an added channel begins.
        since: Option<Option<WireId>>,
    },
}

const CHANGES: &str = "tower-sse:changes";

impl Fact {
    pub(super) fn of(entry: &Entry) -> Self {
        let text = std::str::from_utf8(entry.bytes()).unwrap();
        let is_change = entry.topics()[0].as_str() == CHANGES;
        let kind = match entry.kind() {
            EntryKind::Window => FactKind::Window,
            EntryKind::Keyed(key) => FactKind::Keyed(key.to_string()),
            EntryKind::Removal(key) => FactKind::Removal(key.to_string()),
            _ if is_change => change(text),
            _ => FactKind::Ephemeral,
        };
        Self {
            topics: entry.topics().to_vec(),
            payload: if is_change { 0 } else { payload(text) },
            kind,
            is_lost: false,
            came_back: Vec::new(),
        }
    }

    /// Returns `true` if this is the opposite of a change of a channel.
    pub(super) fn undoes(&self, of: &str, changed: &str, was_addition: bool) -> bool {
        match &self.kind {
            FactKind::Change {
                is_addition,
                name,
                channel,
                ..
            } => name == of && channel == changed && *is_addition != was_addition,
            _ => false,
        }
    }

    pub(super) fn has(&self, topic: &str) -> bool {
        self.topics.iter().any(|one| one.as_str() == topic)
    }
}

/// Returns the number that an event ends with.
fn payload(text: &str) -> u64 {
    let number = text.trim_end().rsplit(' ').next();
    number.and_then(|number| number.parse().ok()).unwrap_or(0)
}

/// Reads a change: its parts, each after its length.
fn change(text: &str) -> FactKind {
    let (mut rest, mut parts) = (text, Vec::new());
    while !rest.is_empty() {
        let (len, after) = rest.split_once(':').unwrap();
        let (part, after) = after.split_at(len.parse().unwrap());
        parts.push(part);
        rest = after;
    }
    let since = match parts[0] {
        "replay" => Some(None),
        "since" => Some(Some(WireId::parse(parts[3]))),
        _ => None,
    };
    FactKind::Change {
        is_addition: parts[0] != "remove",
        name: parts[1].to_owned(),
        channel: parts[2].to_owned(),
        since,
    }
}

impl Truth {
    /// Returns what was stored in an epoch after a position, up to another one.
    pub(super) fn between(
        &self,
        epoch: Epoch,
        after: u64,
        upto: u64,
    ) -> impl Iterator<Item = (u64, &Fact)> {
        let after = after.min(upto);
        let facts = self
            .facts
            .range((epoch, after + 1)..=(epoch, upto.max(after + 1)));
        let facts = facts.filter(move |((_, position), _)| *position <= upto);
        facts.map(|((_, position), fact)| (*position, fact))
    }

    /// Notes the last loss that the store has recorded.
    pub(super) fn note_recorded(&mut self, head: Head) {
        let recorded = self.recorded.entry(head.epoch).or_default();
        *recorded = head.lost.get().max(*recorded);
        self.losses_at.insert((head.epoch, head.lost.get()));
    }

    /// Returns the position of the last record that was ever stored in an epoch.
    pub(super) fn last(&self, epoch: Epoch) -> u64 {
        let mut facts = self.facts.range((epoch, 0)..=(epoch, u64::MAX));
        facts.next_back().map_or(0, |((_, position), _)| *position)
    }

    /// Returns `true` if the store has ever recorded a loss above a position.
    pub(super) fn has_loss_above(&self, epoch: Epoch, position: u64) -> bool {
        let recorded = self.recorded.get(&epoch);
        recorded.is_some_and(|recorded| *recorded > position)
    }

    pub(super) fn fact(&self, place: Place) -> &Fact {
        let fact = self.facts.get(&place);
        fact.unwrap_or_else(|| panic!("{place:?} was never stored"))
    }
}
