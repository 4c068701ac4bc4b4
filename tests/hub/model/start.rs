use super::{Hub, LifeId, keyed::KeyedStart, life::Life};

/// Where a client begins.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Position {
    /// As `Hub::subscribe` does.
    Now,
    /// As `Now`, with an id to resume with.
    FirstVisit,
    /// As `Hub::replay` does.
    Oldest,
    /// After an id that the client has.
    After(Point),
}

/// What an id says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Point {
    /// A number, which the hub may not have assigned.
    Number(u64),
    /// A number in a keyed channel that is alone in its subscription.
    Keyed(u64),
    /// An id of another hub.
    Foreign,
}

/// A channel that a client asks for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked {
    pub(crate) name: usize,
    pub(crate) origin: Origin,
    pub(crate) added_at: Option<Point>,
}

/// Where a client begins in a channel.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Origin {
    Resume,
    Live,
    Replay,
    Since(Point),
}

/// What a client says that connects.
#[derive(Clone, Copy, Debug)]
pub(super) struct Last {
    /// The number of its last id: `Some(None)` if it is unknown.
    pub(super) number: Option<Option<u64>>,
    /// The number of its last id, if that is one of the only channel, which is keyed.
    pub(super) keyed: Option<u64>,
}

/// What a client gets of a channel at first.
pub(super) struct Beginning {
    /// The number after which its events are due.
    pub(super) after: u64,
    /// Whether there is a gap, and whether the hub knows the id.
    pub(super) gap: Option<bool>,
}

impl Hub {
    /// Returns the number of an id. `None` if the hub has not made it.
    pub(super) fn number(&self, point: Point) -> Option<u64> {
        match point {
            Point::Number(number) => (number <= self.last()).then_some(number),
            Point::Keyed(_) | Point::Foreign => None,
        }
    }

    /// Returns what a client says that begins here.
    pub(super) fn last_id(&self, position: Position, is_keyed_alone: bool) -> Last {
        let Position::After(point) = position else {
            let (number, keyed) = (None, None);
            return Last { number, keyed };
        };
        let keyed = match point {
            Point::Keyed(number) => Some(number),
            Point::Number(_) | Point::Foreign => None,
        };
        let is_valid = |number: &u64| is_keyed_alone && *number <= self.last();
        Last {
            number: Some(self.number(point)),
            keyed: keyed.filter(is_valid),
        }
    }

    fn number_or_first(&self, point: Point) -> u64 {
        self.number(point).unwrap_or(0)
    }

    /// Returns where a client begins in a channel that is not keyed.
    pub(super) fn beginning(
        &self,
        life: LifeId,
        asked: &Asked,
        Last { number: last, .. }: Last,
    ) -> Beginning {
        let lost = self.lives[life].lost_to_new();
        let after = |after| Beginning { after, gap: None };
        let resumed = |after, is_known: bool| {
            let has_gap = !is_known || lost > after;
            let gap = has_gap.then_some(is_known);
            Beginning { after, gap }
        };
        if !self.lives[life].config.has_ids {
            return match asked.origin {
                Origin::Replay => after(lost),
                _ => after(self.last()),
            };
        }
        if let Some(last) = last.flatten().filter(|last| self.has_had(asked, *last)) {
            return resumed(last, true);
        }
        match asked.origin {
            Origin::Live => after(self.last()),
            Origin::Replay => after(lost),
            Origin::Resume => match last {
                None => after(self.last()),
                Some(None) => resumed(0, false),
                Some(Some(last)) => resumed(last, true),
            },
            Origin::Since(point) if asked.added_at.is_some() => {
                resumed(self.number_or_first(point), true)
            }
            Origin::Since(point) => {
                let last = last.flatten().unwrap_or(0);
                resumed(self.number_or_first(point).max(last), true)
            }
        }
    }

    /// Returns where a client begins in a keyed channel.
    pub(super) fn keyed_start(
        &self,
        life: LifeId,
        asked: &Asked,
        Last { keyed: last, .. }: Last,
    ) -> KeyedStart {
        let keys = self.lives[life].keys.as_ref().unwrap();
        let floor = match asked.origin {
            Origin::Live => {
                let (after, floor) = (self.last(), self.last());
                return KeyedStart::Changes { after, floor };
            }
            Origin::Since(point) => self.number_or_first(point),
            Origin::Resume | Origin::Replay => 0,
        };
        let is_forgotten = |last: u64| keys.forgotten_before.is_some_and(|before| last <= before);
        let resumes = |last: u64| match asked.added_at {
            Some(_) => self.has_had(asked, last),
            None => !matches!(asked.origin, Origin::Replay),
        };
        let known = last.filter(|last| resumes(*last) && *last >= floor && !is_forgotten(*last));
        match known {
            Some(after) => KeyedStart::Changes { after, floor },
            None => KeyedStart::Snapshot(floor),
        }
    }

    /// Returns where a client begins in a keyed channel that is added to its stream at this number.
    pub(super) fn keyed_start_at(&self, origin: Origin, at: u64) -> KeyedStart {
        match origin {
            Origin::Live => KeyedStart::Changes {
                after: at,
                floor: at,
            },
            Origin::Since(point) => KeyedStart::Snapshot(self.number_or_first(point)),
            Origin::Resume | Origin::Replay => KeyedStart::Snapshot(0),
        }
    }

    /// Returns where a client begins in a channel that is added to its stream at this number.
    pub(super) fn beginning_at(&self, life: LifeId, origin: Origin, at: u64) -> Beginning {
        let Life { config, .. } = &self.lives[life];
        let lost = self.lives[life].lost_to_new();
        let after = match origin {
            Origin::Resume | Origin::Live => at,
            Origin::Replay => lost,
            Origin::Since(_) if !config.has_ids => at,
            Origin::Since(point) => self.number_or_first(point),
        };
        Beginning {
            after,
            gap: (lost > after).then_some(true),
        }
    }

    /// Returns `true` if an id is of the time when a channel was in its client's set.
    pub(super) fn has_had(&self, asked: &Asked, id: u64) -> bool {
        let added_at = asked.added_at.map(|at| self.number_or_first(at));
        added_at.is_some_and(|at| id >= at)
    }

    /// Returns `true` if a client has had a channel, by its last id.
    pub(super) fn has_had_by(&self, asked: &Asked, last: Last) -> bool {
        let mut known = last.number.flatten().into_iter().chain(last.keyed);
        known.any(|last| self.has_had(asked, last))
    }
}
