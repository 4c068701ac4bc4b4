//! Another node.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Instant,
};

use super::{
    attendance::{Attendance, Digest},
    message::StatePart,
    name_change::{NameChange, NameChangeKind},
    roster::Departure,
};

/// What another node has told.
#[derive(Debug)]
pub(super) struct Peer {
    pub(super) heard_at: Instant,
    names: Attendance,
    /// A state of which not all parts have come.
    gathering: Option<Gathering>,
}

#[derive(Debug)]
struct Gathering {
    number: u64,
    next: u64,
    names: Attendance,
}

/// Names of a channel that another node may have or not have any more.
#[derive(Debug, Default, PartialEq, Eq)]
pub(in crate::channel) struct Moves {
    /// They leave at once.
    pub(in crate::channel) changed: BTreeSet<Arc<str>>,
    /// They leave after the grace time.
    pub(in crate::channel) gone: BTreeSet<Arc<str>>,
}

/// The names that may have changed, by their channels.
pub(in crate::channel) type MovesByChannel = BTreeMap<Arc<str>, Moves>;

impl Peer {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            heard_at: now,
            names: Attendance::default(),
            gathering: None,
        }
    }

    pub(super) fn names(&self) -> &Attendance {
        &self.names
    }

    /// Applies changes.
    pub(super) fn change(&mut self, changes: Vec<NameChange>, moves: &mut MovesByChannel) {
        for NameChange { channel, kind } in changes {
            let moves = moves.entry(Arc::clone(&channel)).or_default();
            match kind {
                NameChangeKind::Joined(name) => {
                    self.names.insert(&channel, &name);
                    moves.changed.insert(name);
                }
                NameChangeKind::Left(name) => {
                    self.names.remove(&channel, &name);
                    moves.changed.insert(name);
                }
                NameChangeKind::Closed => moves.gone.extend(self.names.remove_channel(&channel)),
            }
        }
    }

    /// Applies a state, once all of its parts have come.
    pub(super) fn gather(&mut self, part: StatePart, moves: &mut MovesByChannel) {
        let begun = self.gathering.take();
        let begun = begun.filter(|one| one.number == part.number && one.next == part.index);
        let gathering = match part.index {
            0 => Some(Gathering {
                number: part.number,
                next: 0,
                names: Attendance::default(),
            }),
            _ => begun,
        };
        // Without the parts before it, the next lease finds names missing.
        let Some(mut gathering) = gathering else {
            return;
        };
        for NameChange { channel, kind } in part.names {
            if let NameChangeKind::Joined(name) = kind {
                gathering.names.insert(&channel, &name);
            }
        }
        gathering.next += 1;
        match part.is_last {
            true => self.replace(gathering.names, moves),
            false => self.gathering = Some(gathering),
        }
    }

    fn replace(&mut self, names: Attendance, moves: &mut MovesByChannel) {
        let before = std::mem::replace(&mut self.names, names);
        let mut note = |of: &Attendance, other: &Attendance| {
            for (channel, names) in of.iter() {
                let changed = names.iter().filter(|name| !other.has(channel, name));
                let mut changed = changed.cloned().peekable();
                if changed.peek().is_some() {
                    let moves = moves.entry(Arc::clone(channel)).or_default();
                    moves.changed.extend(changed);
                }
            }
        };
        note(&before, &self.names);
        note(&self.names, &before);
    }

    /// Returns `true` if the node has these names.
    pub(super) fn is_complete(&self, digest: Digest) -> bool {
        self.names.digest() == digest
    }

    /// Notes that the node is gone, and so are its names.
    pub(super) fn leave(self, moves: &mut MovesByChannel) {
        for (channel, names) in self.names.iter() {
            let moves = moves.entry(Arc::clone(channel)).or_default();
            moves.gone.extend(names.iter().cloned());
        }
    }
}

/// Returns how these names leave.
impl Moves {
    pub(in crate::channel) fn into_names(self) -> impl Iterator<Item = (Arc<str>, Departure)> {
        let changed = self.changed.into_iter();
        let gone = self.gone.into_iter();
        let changed = changed.map(|name| (name, Departure::AtOnce));
        changed.chain(gone.map(|name| (name, Departure::AfterGrace)))
    }
}
