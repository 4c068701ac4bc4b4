use std::collections::{BTreeMap, VecDeque};

use super::{
    Hub, LifeId,
    hide::Hide,
    keyed::Keyed,
    opening::{gap_item, is_keyed_alone},
    start::{Asked, Origin, Point},
};
use crate::{
    config::GapPolicy,
    system::{Gap, Item},
};

/// A client that is connected. It is promised that
///
/// - it gets every event of its channels once, in the order of the numbers, and no other event, nor one that
///   its filter hides;
/// - what it does not get is covered by a gap or a lag of that channel, before any newer event. (A replay has
///   what is retained when it is first read, and all that is published after its start);
/// - a channel has a gap or a lag only if an event that the client must still get was evicted there, or, for
///   a gap, if the id is unknown, or if the hub had to forget a removed channel;
/// - it begins in each channel where its start says (`Hub::beginning`);
/// - an id means that it has got, or was notified of, everything up to it in the channels with ids that it
///   has. Where it has not, such as in the history of an added channel, its next connection brings it again;
/// - an event has an id, if its channel has ids, unless it is not after the id that the client has;
/// - a client that resumes, or has resumed for the first time, has an id whenever it waits, and few hidden
///   events are after it;
/// - of a keyed channel it gets the newest event of each key, and the removal of what it has; no key is passed
///   by again and again, and keyed and other channels take turns. Alone, such a channel has ids of its own;
/// - channels that are added to its stream, or removed from it, come with a notice, and the position of an
///   addition as a checkpoint;
/// - a channel that is closed and read leaves the client's set of channels while one of them is open, and the
///   client gets a notice. If all are closed, none leaves. A channel that is made anew after a close is another
///   one, which a client has when it returns, after its id;
/// - it waits only if there is nothing to get, and its stream ends only if its channels are closed and
///   read, or if one of them lags and says so.
#[derive(Debug)]
pub(crate) struct Client {
    pub(super) members: Vec<(LifeId, Asked)>,
    /// The channels among whose subscribers it counts.
    pub(super) joined: Vec<LifeId>,
    /// How many of them there were at the last poll.
    pub(super) applied: usize,
    /// Those of `joined` that are left at the next poll.
    pub(super) leaving: Vec<Leave>,
    /// The changes since the last poll.
    pub(super) queue: Vec<Queued>,
    pub(super) is_named: bool,
    /// Whether it must have an id whenever it waits.
    pub(super) needs_id: bool,
    /// The notices that come first.
    pub(super) opening: VecDeque<Item>,
    /// The notices of additions and removals.
    pub(super) changes: VecDeque<Item>,
    /// The positions of additions, which it gets when it has got everything up to them.
    pub(super) additions: VecDeque<u64>,
    /// The position of an addition whose id it has got, perhaps for hidden events.
    pub(super) repeated: Option<u64>,
    /// The events that it must still get, each with the channels by which it is due.
    pub(super) due: BTreeMap<u64, Vec<LifeId>>,
    /// The hidden events up to this number may have been passed.
    pub(super) may_have_passed: u64,
    /// The channels whose history it has not begun to read, each with the number up to which that goes.
    pub(super) unread: Vec<(LifeId, u64)>,
    /// The number of events that it has missed.
    pub(super) missed: u64,
    /// Events up to this number have no ids. `None` if it is not known, after a time with a keyed channel
    /// alone.
    pub(super) position: Option<u64>,
    pub(super) id: Option<Point>,
    /// Whether its next id may be a lower one: all channels of the last one have gone.
    pub(super) may_go_back: bool,
    pub(super) hide: Hide,
    /// What it has of the keyed channels.
    pub(super) keyed: Vec<Keyed>,
    /// Whether the last event of the only channel, which is keyed, had no id.
    pub(super) lacks_keyed_id: bool,
    /// Whether the round of that channel may have begun beside others, where its events had no ids.
    pub(super) may_lack_keyed_id: bool,
    /// The channels that had the last turn, and whether the others had an event as well.
    pub(super) last_turn: Option<(Turn, bool)>,
}

/// The channels of a client that read in turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    Keyed,
    Windows,
}

/// A change since the last poll.
#[derive(Clone, Copy, Debug)]
pub(super) enum Queued {
    /// Has the position of which the client gets the id.
    Add(LifeId, u64),
    /// Has the name of the channel.
    Remove(usize),
}

/// A channel that is left, which a client can have joined twice.
#[derive(Clone, Copy, Debug)]
pub(super) enum Leave {
    First(LifeId),
    Last(LifeId),
}

impl Queued {
    fn name(self, hub: &Hub) -> usize {
        match self {
            Self::Add(life, _) => hub.lives[life].name,
            Self::Remove(name) => name,
        }
    }
}

impl Client {
    /// Notes that an event was published to these channels.
    pub(crate) fn note(&mut self, number: u64, to: &[LifeId]) {
        let to = to.iter().copied().filter(|life| self.has(*life));
        let to: Vec<_> = to.collect();
        if !to.is_empty() {
            self.due.insert(number, to);
        }
    }

    pub(super) fn may_get_ids(&self, hub: &Hub) -> bool {
        let mut lives = self.members.iter().map(|(life, _)| &hub.lives[*life]);
        let is_empty = self.members.is_empty();
        let is_resumed = lives.any(|life| life.config.is_resumed());
        is_resumed || self.is_keyed_alone(hub) || self.is_named && is_empty
    }

    /// Returns `true` if it has one channel only, which is keyed and has ids.
    pub(super) fn is_keyed_alone(&self, hub: &Hub) -> bool {
        let lives: Vec<_> = self.members.iter().map(|(life, _)| *life).collect();
        is_keyed_alone(hub, &lives)
    }

    /// Returns the id of a position.
    pub(super) fn point(&self, hub: &Hub, number: u64) -> Point {
        match self.is_keyed_alone(hub) {
            true => Point::Keyed(number),
            false => Point::Number(number),
        }
    }

    /// Forgets the position if it is one of a keyed channel alone: each round moves it.
    pub(super) fn forget_position(&mut self, hub: &Hub) {
        self.lacks_keyed_id = false;
        self.may_lack_keyed_id = self.is_keyed_alone(hub);
        if self.is_keyed_alone(hub) {
            (self.position, self.may_go_back) = (None, true);
        }
    }

    pub(super) fn has(&self, life: LifeId) -> bool {
        self.members.iter().any(|(one, _)| *one == life)
    }

    /// Notes that a channel was added at a number. The hub counts the client as a subscriber already.
    pub(crate) fn add(&mut self, hub: &mut Hub, life: LifeId, origin: Origin, at: u64) {
        let name = hub.lives[life].name;
        let mut queue = self.queue.iter().rev();
        let last = queue.find(|queued| queued.name(hub) == name);
        if matches!(last, Some(Queued::Add(queued, _)) if *queued == life) {
            hub.leave(&[life]);
            return;
        }
        let number = at.max(self.position.unwrap_or(0));
        self.queue.push(Queued::Add(life, number));
        self.joined.push(life);
        if self.has(life) {
            self.leaving.push(Leave::Last(life));
            return;
        }
        let channel = &hub.lives[life];
        self.members.push((
            life,
            Asked {
                name: channel.name,
                origin,
                added_at: Some(Point::Number(at)),
            },
        ));
        let name = channel.name;
        self.changes.push_back(Item::Added { name });
        if channel.keys.is_some() {
            let start = hub.keyed_start_at(origin, at);
            self.keyed.push(Keyed::new(life, start));
        } else {
            let beginning = hub.beginning_at(life, origin, at);
            self.begin_channel(hub, life, &beginning);
            if matches!(origin, Origin::Replay) {
                self.unread.push((life, at));
            }
            if beginning.gap.is_some() && channel.config.gap == GapPolicy::Notify {
                self.changes.push_back(gap_item(channel, None));
            }
        }
        self.forget_position(hub);
        if self.additions.back().is_none_or(|last| *last < number) {
            self.additions.push_back(number);
        }
    }

    /// Notes that a channel was removed.
    pub(crate) fn remove(&mut self, hub: &mut Hub, name: usize) {
        let is_removal = |queued: &Queued| matches!(queued, Queued::Remove(of) if *of == name);
        if let Some(at) = self.queue.iter().position(is_removal) {
            let later = self.queue.split_off(at + 1).into_iter();
            let is_of_it = |queued: &Queued| queued.name(hub) == name;
            let (needless, kept): (Vec<_>, Vec<_>) = later.partition(is_of_it);
            self.queue.extend(kept);
            needless.into_iter().for_each(|one| self.undo(hub, one));
            return;
        }
        self.queue.push(Queued::Remove(name));
        let is_of_it = |(life, _): &(LifeId, Asked)| hub.lives[*life].name == name;
        let removed = self.members.iter().copied().filter(is_of_it);
        let removed: Vec<_> = removed.map(|(life, _)| life).collect();
        if removed.is_empty() {
            return;
        }
        self.members.retain(|member| !is_of_it(member));
        self.keyed.retain(|keyed| !removed.contains(&keyed.life));
        self.unread.retain(|(life, _)| !removed.contains(life));
        self.forget_position(hub);
        for by in self.due.values_mut() {
            by.retain(|life| !removed.contains(life));
        }
        self.due.retain(|_, by| !by.is_empty());
        self.leaving.extend(removed.into_iter().map(Leave::First));
        self.changes.push_back(Item::Removed { name });
    }

    /// Undoes an addition that was not applied yet.
    fn undo(&mut self, hub: &mut Hub, queued: Queued) {
        let Queued::Add(life, number) = queued else {
            return;
        };
        let name = hub.lives[life].name;
        let place = self.joined.iter().rposition(|one| *one == life);
        self.joined.remove(place.unwrap());
        hub.leave(&[life]);
        self.members.retain(|(other, _)| *other != life);
        self.keyed.retain(|keyed| keyed.life != life);
        self.unread.retain(|(other, _)| *other != life);
        self.cover(life, u64::MAX);
        self.additions.retain(|one| *one != number);
        let is_notice = |item: &Item| *item == Item::Added { name };
        let notice = self.changes.iter().rposition(is_notice).unwrap();
        self.changes.remove(notice);
        let is_gap = |item: &Item| matches!(item, Item::Gap { name: of, .. } if *of == name);
        if self.changes.get(notice).is_some_and(is_gap) {
            self.changes.remove(notice);
        }
        self.forget_position(hub);
    }

    /// Leaves all channels.
    pub(crate) fn leave(&self, hub: &mut Hub) {
        let (applied, later) = self.joined.split_at(self.applied);
        let is_keyed = |life: &LifeId| hub.lives[*life].keys.is_some();
        let (keyed, others): (Vec<_>, Vec<_>) = applied.iter().partition(|life| is_keyed(life));
        hub.leave(&[&others, &keyed, later].concat());
    }

    pub(super) fn leave_removed(&mut self, hub: &mut Hub) {
        self.queue.clear();
        for leave in std::mem::take(&mut self.leaving) {
            match leave {
                Leave::First(life) => self.leave_one(hub, life),
                Leave::Last(life) => {
                    let place = self.joined.iter().rposition(|one| *one == life);
                    self.joined.remove(place.unwrap());
                    hub.leave(&[life]);
                }
            }
        }
    }

    pub(super) fn leave_one(&mut self, hub: &mut Hub, life: LifeId) {
        let place = self.joined.iter().position(|one| *one == life).unwrap();
        self.joined.remove(place);
        hub.leave(&[life]);
    }

    /// Returns the last id that the client has.
    pub(crate) fn id(&self) -> Option<Point> {
        self.id
    }

    /// Returns the events that are due by channels with ids, each with the names of these channels.
    pub(crate) fn owed(&self, hub: &Hub) -> Vec<(u64, usize)> {
        let owed = self.due.iter().flat_map(|(number, by)| {
            let with_ids = by.iter().map(|life| &hub.lives[*life]);
            let with_ids = with_ids.filter(|life| life.config.is_resumed());
            with_ids.map(|life| (*number, life.name))
        });
        owed.collect()
    }

    /// Checks that a connection which continues another one with this id makes good what that one owed.
    pub(crate) fn check_owed(&self, hub: &Hub, id: u64, owed: &[(u64, usize)], gaps: &[Gap]) {
        for (number, name) in owed {
            let Some(life) = self.lives_of(hub, *name).next() else {
                continue;
            };
            let member = self.members.iter().find(|(one, _)| *one == life);
            let asked = &member.unwrap().1;
            let continues = match asked.origin {
                _ if hub.has_had(asked, id) => true,
                Origin::Live | Origin::Replay => false,
                Origin::Resume => true,
                Origin::Since(point) => hub.number(point).is_none_or(|since| since < *number),
            };
            let is_due = self.due.get(number).is_some_and(|by| by.contains(&life));
            let has_gap = gaps.iter().any(|gap| gap.name == *name);
            assert!(!continues || is_due || has_gap, "{number} is skipped");
        }
    }

    pub(super) fn lives_of<'a>(
        &'a self,
        hub: &'a Hub,
        name: usize,
    ) -> impl Iterator<Item = LifeId> + 'a {
        let lives = self.members.iter().map(|(life, _)| *life);
        lives.filter(move |life| hub.lives[*life].name == name)
    }

    pub(super) fn are_closed(&self, hub: &Hub) -> bool {
        let mut lives = self.members.iter().map(|(life, _)| *life);
        lives.all(|life| hub.lives[life].is_closed)
    }

    pub(crate) fn has_no_channels(&self) -> bool {
        self.members.is_empty()
    }
}
