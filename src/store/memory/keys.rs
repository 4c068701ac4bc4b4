//! The keys of a keyed topic.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use crate::store::{EntryKind, Position};

/// The positions of the newest entries of keys, and of their removals.
#[derive(Debug, Default)]
pub(super) struct Keys {
    places: HashMap<Arc<str>, Position>,
    removals: BTreeMap<Position, Arc<str>>,
    /// The highest position of a removal that was dropped.
    dropped: Position,
}

impl Keys {
    /// Creates the keys of a topic whose removals up to a position are unknown.
    pub(super) fn new(dropped: Position) -> Self {
        Self {
            dropped,
            ..Self::default()
        }
    }

    pub(super) fn dropped(&self) -> Position {
        self.dropped
    }

    /// Returns the number of keys that have an entry.
    pub(super) fn live(&self) -> usize {
        self.places.len() - self.removals.len()
    }

    /// Returns where the newest entry or the removal of a key is.
    pub(super) fn place(&self, key: &str) -> Option<Position> {
        self.places.get(key).copied()
    }

    /// Moves a key to a position. Returns the position at which it was.
    pub(super) fn move_to(&mut self, position: Position, kind: &EntryKind) -> Option<Position> {
        let key = kind.key()?;
        let old = self.places.insert(Arc::clone(key), position);
        if let Some(old) = old {
            self.removals.remove(&old);
        }
        if matches!(kind, EntryKind::Removal(_)) {
            self.removals.insert(position, Arc::clone(key));
        }
        old
    }

    /// Drops the oldest removal if there are more than the maximum. Returns its position.
    pub(super) fn drop_removal(&mut self, max: usize) -> Option<Position> {
        if self.removals.len() <= max {
            return None;
        }
        let (place, key) = self.removals.pop_first()?;
        self.places.remove(&key);
        self.dropped = place;
        Some(place)
    }
}
