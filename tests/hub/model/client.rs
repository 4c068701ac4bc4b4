use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::{Hub, LifeId, Position};
use crate::{
    config::{GapPolicy, LagPolicy, NAMES},
    system::{Gap, Item, Polled},
};

/// A client that is connected. It is promised that
///
/// - it gets every event of its channels once, in the order of the numbers, and no other event;
/// - what it does not get is covered by a gap or a lag of that channel, before any newer event;
/// - a channel has a gap or a lag only if an event that the client must still get was evicted there, or, for
///   a gap, if the id is unknown, or if the hub had to forget a removed channel;
/// - a channel that is closed and read while others are open leaves the client's set of channels, and the
///   client gets a notice. A channel that is made anew after a close is another one, which a client has
///   when it returns, after its id;
/// - an id means that it has got, or was notified of, everything up to it in the channels that it has;
/// - it waits only if there is nothing to get, and its stream ends only if its channels are closed and
///   read, or if one of them lags and says so.
#[derive(Debug)]
pub(crate) struct Client {
    pub(crate) lives: Vec<LifeId>,
    /// The notices that come first.
    opening: VecDeque<Item>,
    /// The events that it must still get, each with the channels by which it is due.
    due: BTreeMap<u64, BTreeSet<LifeId>>,
    /// The number of events that it has missed.
    missed: u64,
}

impl Client {
    /// Subscribes. Returns the gaps too.
    pub(crate) fn open(hub: &mut Hub, lives: Vec<LifeId>, position: Position) -> (Self, Vec<Gap>) {
        hub.join(&lives);
        let mut client = Self {
            lives,
            opening: VecDeque::new(),
            due: BTreeMap::new(),
            missed: 0,
        };
        let gaps = match position {
            Position::Now => Vec::new(),
            Position::Oldest => {
                client.begin_with_retained(hub);
                Vec::new()
            }
            Position::FirstVisit => {
                client.expect_checkpoint(hub);
                Vec::new()
            }
            Position::After(number) if number <= hub.last() => client.resume(hub, Some(number)),
            Position::After(_) | Position::Unknown => client.resume(hub, None),
        };
        (client, gaps)
    }

    /// Has a checkpoint come first, with the id of everything before the first event that is due.
    fn expect_checkpoint(&mut self, hub: &Hub) {
        let id = Some(self.complete_up_to(hub));
        self.opening.push_back(Item::Checkpoint { id });
    }

    fn begin_with_retained(&mut self, hub: &Hub) {
        for life in &self.lives {
            for event in &hub.lives[*life].retained {
                self.due.entry(event.number).or_default().insert(*life);
            }
        }
        if self.due.is_empty() {
            self.expect_checkpoint(hub);
        }
    }

    /// Begins after a number, or with what is retained if the id is unknown. Returns the gaps.
    fn resume(&mut self, hub: &Hub, after: Option<u64>) -> Vec<Gap> {
        let number = after.unwrap_or(0);
        let mut with_gap = Vec::new();
        for life in self.lives.clone() {
            let all = hub.published_after(life, number);
            let channel = &hub.lives[life];
            let has_lost = all.iter().any(|number| !channel.retains(*number));
            let has_gap = after.is_none() || channel.lost > number;
            // Each loss is a gap. Other gaps are from the time before the channel was made, of which the
            // hub does not remember enough.
            assert!(has_gap || !has_lost);
            assert!(has_lost || !has_gap || after.is_none() || channel.lost == channel.lost_before);
            let retained = all.into_iter().filter(|number| channel.retains(*number));
            let is_live = has_gap && channel.config.gap == GapPolicy::Live;
            for number in retained.filter(|_| !is_live) {
                self.due.entry(number).or_default().insert(life);
            }
            if has_gap {
                with_gap.push(life);
            }
        }
        if with_gap.is_empty() {
            return Vec::new();
        }
        self.expect_gaps(hub, &with_gap, number);
        let gap = |life: &LifeId| Gap {
            is_known: after.is_some(),
            oldest: hub.lives[*life].oldest(),
            until: hub.lives[*life].oldest().unwrap_or(hub.last() + 1),
            name: hub.lives[*life].name,
        };
        with_gap.iter().map(gap).collect()
    }

    /// Has the notices come first. The last of them has the id.
    fn expect_gaps(&mut self, hub: &Hub, with_gap: &[LifeId], number: u64) {
        let id = Some(self.complete_up_to(hub).max(number));
        let lives = with_gap.iter().map(|life| &hub.lives[*life]);
        let mut notified: Vec<_> = lives
            .filter(|life| life.config.gap == GapPolicy::Notify)
            .collect();
        let Some(last) = notified.pop() else {
            self.opening.push_back(Item::Checkpoint { id });
            return;
        };
        let notice = |life: &super::life::Life, id| Item::Gap {
            oldest: life.oldest(),
            name: life.name,
            id,
        };
        self.opening
            .extend(notified.into_iter().map(|life| notice(life, None)));
        self.opening.push_back(notice(last, id));
    }

    /// Returns the number before the first event that is due, or that of the last event.
    fn complete_up_to(&self, hub: &Hub) -> u64 {
        let first = self.due.first_key_value();
        first.map_or(hub.last(), |(number, _)| number - 1)
    }

    /// Notes that an event was published to these channels.
    pub(crate) fn note(&mut self, number: u64, to: &[LifeId]) {
        let to: BTreeSet<_> = to
            .iter()
            .copied()
            .filter(|life| self.lives.contains(life))
            .collect();
        if !to.is_empty() {
            self.due.insert(number, to);
        }
    }

    /// Checks what a poll has yielded, and how many events are missed by now. Returns `true` if the stream
    /// has ended.
    pub(crate) fn check(&mut self, hub: &mut Hub, polled: &Polled, missed: u64) -> bool {
        if let Some(notice) = self.opening.pop_front() {
            assert_eq!(*polled, Polled::Item(notice), "the opening");
            assert_eq!(missed, self.missed);
            return false;
        }
        let newly_missed = missed - self.missed;
        self.missed = missed;
        let reported = match polled {
            Polled::Item(Item::Lagged { count, .. }) => *count,
            _ => 0,
        };
        self.check_silent_lag(hub, newly_missed - reported);
        match polled {
            Polled::Item(Item::Event {
                number,
                text,
                is_comment,
            }) => {
                self.check_event(hub, *number);
                let payload = &hub.event(*number).payload;
                assert_eq!((text, *is_comment), (&payload.text, payload.is_comment));
            }
            Polled::Item(Item::Lagged { count, name }) => self.check_lag(hub, *name, *count),
            Polled::Item(Item::Removed { name }) => self.check_removal(hub, *name),
            Polled::Item(other) => panic!("{other:?} is not due"),
            Polled::Waiting => {
                assert!(self.due.is_empty(), "waits, but {:?} are due", self.due);
                let mut closed = self.lives.iter().filter(|life| hub.lives[**life].is_closed);
                assert!(closed.next().is_none(), "waits, but a channel is closed");
            }
            Polled::Completed => {
                assert!(self.due.is_empty(), "ends, but {:?} are due", self.due);
                assert!(self.are_closed(hub), "ends, but a channel is open");
            }
            Polled::Lagged => self.check_disconnect(hub),
        }
        matches!(polled, Polled::Completed | Polled::Lagged)
    }

    /// Checks the removal of a channel that is closed and read.
    fn check_removal(&mut self, hub: &mut Hub, name: usize) {
        let life = self.life_of(hub, name);
        let is_due = self.due.values().any(|by| by.contains(&life));
        assert!(hub.lives[life].is_closed && !is_due, "it is not read");
        let is_open = !self.due.is_empty() || !self.are_closed(hub);
        assert!(is_open, "it is the last channel");
        self.lives.retain(|other| *other != life);
        hub.leave(&[life]);
    }

    fn check_event(&mut self, hub: &Hub, number: u64) {
        let (first, by) = self.due.pop_first().expect("no event is due");
        assert_eq!(number, first, "another event is due");
        assert!(
            by.iter().any(|life| hub.lives[*life].retains(number)),
            "{number} was evicted"
        );
    }

    fn check_lag(&mut self, hub: &Hub, name: usize, count: u64) {
        let life = self.life_of(hub, name);
        assert_eq!(hub.lives[life].config.lag, LagPolicy::Notify);
        let end = hub.lives[life].lost + 1;
        self.cover(hub, life, end, count);
    }

    /// Checks a lag of the channel that continues with its newest event.
    fn check_silent_lag(&mut self, hub: &mut Hub, count: u64) {
        if count == 0 {
            return;
        }
        let is_newest = |life: &LifeId| hub.lives[*life].config.lag == LagPolicy::Newest;
        let life = self.lives.iter().copied().find(is_newest);
        let life = life.expect("a channel that lags in silence");
        assert!(
            self.has_lost(hub, life),
            "a false lag of {}",
            NAMES[hub.lives[life].name]
        );
        hub.expire(life);
        let newest = hub.lives[life].retained.back();
        let end = newest.map_or(u64::MAX, |event| event.number);
        self.cover(hub, life, end, count);
    }

    fn check_disconnect(&self, hub: &Hub) {
        let ends = |life: &LifeId| {
            hub.lives[*life].config.lag == LagPolicy::Disconnect && self.has_lost(hub, *life)
        };
        assert!(self.lives.iter().any(ends), "a false lag");
    }

    /// Returns `true` if an event that is due by this channel was evicted.
    fn has_lost(&self, hub: &Hub, life: LifeId) -> bool {
        let mut due = self.due.iter().filter(|(_, by)| by.contains(&life));
        due.any(|(number, _)| !hub.lives[life].retains(*number))
    }

    /// Notes that events below a number are no longer due by this channel.
    fn cover(&mut self, hub: &Hub, life: LifeId, end: u64, count: u64) {
        assert!(
            self.has_lost(hub, life),
            "a false lag of {}",
            NAMES[hub.lives[life].name]
        );
        let mut covered = 0;
        for (_, by) in self.due.range_mut(..end) {
            covered += u64::from(by.remove(&life));
        }
        self.due.retain(|_, by| !by.is_empty());
        assert_eq!(count, covered);
    }

    /// Checks an id that the client has got.
    pub(crate) fn check_id(&self, hub: &Hub, id: u64) {
        assert!(id <= hub.last());
        let due = self.due.first_key_value();
        assert!(
            due.is_none_or(|(number, _)| *number > id),
            "{id} acknowledges {due:?}"
        );
    }

    fn life_of(&self, hub: &Hub, name: usize) -> LifeId {
        let mut lives = self.lives.iter().copied();
        let life = lives.find(|life| hub.lives[*life].name == name);
        life.expect("a channel of the client")
    }

    fn are_closed(&self, hub: &Hub) -> bool {
        self.lives.iter().all(|life| hub.lives[*life].is_closed)
    }
}
