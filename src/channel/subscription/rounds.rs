//! The position of a subscription in a keyed channel.

use std::{collections::BTreeMap, mem, sync::Arc, task::Context};

use super::{
    departures::Departures,
    round_keys::{Held, RoundKeys, Unlisted},
    round_start::RoundStart,
};
use crate::channel::{
    keyed_log::{KeyLookup, KeyedEvent},
    shared::ChannelShared,
};

/// A keyed channel of a subscription, which is read in rounds.
///
/// A round lists the keys that have changed since the last one began, and each of them is read with its
/// *newest* event. In the order of numbers alone, the key that changes most often would move to the end
/// for ever, and never be read.
pub(super) struct Rounds {
    pub(super) channel: Arc<ChannelShared>,
    /// The key of the subscription among the channel's subscribers.
    pub(super) key: u64,
    held: Held,
    round: Option<Round>,
    /// Whether the client is still to be notified that a snapshot begins.
    begins_snapshot: bool,
    /// For the feed of a presence. Boxed because few channels are.
    departures: Option<Box<Departures>>,
    /// Whether the client is to get an id at the end of the next round: it has none of its snapshot yet.
    owes_id: bool,
    /// What was noted of the event that was read last, in case that the client does not get it.
    before_last: BeforeLast,
}

/// A part of the state of [`Rounds`] before an event was read.
#[derive(Clone, Copy, Default)]
struct BeforeLast {
    was_shown: bool,
    needed_id: bool,
}

struct Round {
    /// The number up to which events were published when the round began.
    upto: u64,
    keys: RoundKeys,
    /// Whether the client got an event since it got an id.
    needs_id: bool,
}

/// A step of a round.
pub(super) enum RoundStep {
    /// A snapshot begins, at this position.
    Snapshot(u64),
    Event {
        key: Arc<str>,
        /// Has no form with an id if that is not its number.
        event: KeyedEvent,
        /// The number up to which everything has been read, if it is the last of the round.
        id: Option<u64>,
    },
    Removed {
        key: Arc<str>,
        id: Option<u64>,
    },
    /// Everything up to this number has been read.
    Ended {
        upto: u64,
        needs_id: bool,
    },
    /// Nothing was read, but there may be more.
    Again,
    Idle,
}

impl Rounds {
    pub(super) fn new(channel: Arc<ChannelShared>, key: u64, start: &RoundStart) -> Self {
        let (since, floor, is_complete) = match *start {
            RoundStart::Snapshot(floor) => (floor, floor, true),
            RoundStart::Changes { after, floor } => (after, floor, false),
        };
        let departures = Departures::of(&channel).map(Box::new);
        Self {
            channel,
            key,
            departures,
            held: Held {
                floor,
                since,
                shown: BTreeMap::new(),
                is_complete,
            },
            round: None,
            begins_snapshot: is_complete,
            owes_id: is_complete,
            before_last: BeforeLast::default(),
        }
    }

    /// Returns the position of a client that has read nothing yet.
    pub(super) fn start(&self) -> u64 {
        self.held.since
    }

    /// Returns `true` if everything up to this number has been read.
    pub(super) fn has_read(&self, published: u64) -> bool {
        let last = self.channel.tip().last().min(published);
        !self.begins_snapshot && self.round.is_none() && last <= self.held.since
    }

    /// Returns `true` if the channel is closed and everything has been read.
    pub(super) fn is_finished(&self) -> bool {
        let tip = self.channel.tip();
        tip.is_closed() && self.round.is_none() && self.held.since >= tip.last()
    }

    /// Waits for the next name that leaves, in the feed of a presence.
    pub(super) fn poll_departures(&mut self, cx: &mut Context<'_>) {
        if let Some(departures) = &mut self.departures {
            departures.poll(&self.channel, cx);
        }
    }

    /// Reads on. The number up to which events are published must have been read before.
    pub(super) fn step(&mut self, published: u64) -> RoundStep {
        // See `hub::shared`.
        let published = match &self.departures {
            Some(_) => self.channel.tip().last(),
            None => published,
        };
        if mem::take(&mut self.begins_snapshot) {
            return RoundStep::Snapshot(self.held.floor);
        }
        let Some(round) = &mut self.round else {
            return self.begin(published);
        };
        if round.keys.needs_more() {
            return self.list_more();
        }
        let Some(key) = round.keys.pop() else {
            return self.end();
        };
        // Again, because it may have changed since it was listed.
        let Some(found) = lookup(&self.channel, &key) else {
            return self.break_off(&Unlisted::NotLoaded);
        };
        if found.number() > Some(published) {
            // Another thread is about to publish it, and then to wake this task.
            round.keys.put_back(key);
            return RoundStep::Idle;
        }
        let is_by_change = round.keys.is_by_change;
        let id = self.number_if_last(&found);
        match found {
            // The store has lost the update for which the key was listed.
            KeyLookup::Live(number, _) if self.held.shown.get(&key) == Some(&number) => {
                RoundStep::Again
            }
            KeyLookup::Live(number, mut event) => {
                let shown = &mut self.held.shown;
                let was_shown = shown.insert(Arc::clone(&key), number).is_some();
                self.note_read(id, was_shown);
                if !is_by_change {
                    event.with_id = None;
                }
                RoundStep::Event { key, event, id }
            }
            KeyLookup::Removed(_) | KeyLookup::Unknown => self.read_removal(key, id),
        }
    }

    /// Returns the number up to which everything has been read with this key, if it is the last of the round.
    fn number_if_last(&self, found: &KeyLookup) -> Option<u64> {
        let round = self.round.as_ref();
        let round = round.filter(|round| round.keys.is_empty())?;
        if !round.keys.is_by_change {
            return Some(round.upto);
        }
        // The last has the highest number, unless it has changed since. After a loss of the store an older event
        // may be the newest again.
        let number = found.number()?;
        let is_new = number > self.held.since && number <= round.upto;
        is_new.then_some(number)
    }

    fn begin(&mut self, published: u64) -> RoundStep {
        if self.channel.tip().last().min(published) <= self.held.since {
            return RoundStep::Idle;
        }
        let keys = RoundKeys::new(&self.channel.log(), &self.held);
        let keys = match keys {
            Ok(keys) => keys,
            Err(unlisted) => return self.break_off(&unlisted),
        };
        self.round = Some(Round {
            upto: published,
            keys,
            needs_id: mem::take(&mut self.owes_id),
        });
        RoundStep::Again
    }

    fn list_more(&mut self) -> RoundStep {
        let Some(round) = &mut self.round else {
            return RoundStep::Idle;
        };
        let listed = round.keys.list_more(&self.channel.log(), &self.held);
        match listed {
            Ok(()) => RoundStep::Again,
            Err(unlisted) => self.break_off(&unlisted),
        }
    }

    /// Drops the round. The next one lists what is new to this client.
    fn break_off(&mut self, unlisted: &Unlisted) -> RoundStep {
        let round = self.round.take();
        self.owes_id |= round.is_some_and(|round| round.needs_id);
        match unlisted {
            Unlisted::NotLoaded => RoundStep::Idle,
            Unlisted::Forgotten => self.restart(),
        }
    }

    /// Begins with a snapshot.
    fn restart(&mut self) -> RoundStep {
        let held = &mut self.held;
        held.since = held.floor;
        held.shown.clear();
        (held.is_complete, self.owes_id) = (true, true);
        RoundStep::Snapshot(self.held.floor)
    }

    fn read_removal(&mut self, key: Arc<str>, id: Option<u64>) -> RoundStep {
        let was_shown = self.held.shown.remove(&key).is_some();
        if self.held.is_complete && !was_shown {
            return RoundStep::Again;
        }
        self.note_read(id, was_shown);
        RoundStep::Removed { key, id }
    }

    fn note_read(&mut self, id: Option<u64>, was_shown: bool) {
        if let Some(round) = &mut self.round {
            let needed_id = mem::replace(&mut round.needs_id, id.is_none());
            self.before_last = BeforeLast {
                was_shown,
                needed_id,
            };
        }
    }

    /// Takes back the event of a key that was read last: the client does not get it, and has of the key what
    /// it had before.
    pub(super) fn hide(&mut self, key: &str) {
        if !self.before_last.was_shown {
            self.held.shown.remove(key);
        }
        if let Some(round) = &mut self.round {
            round.needs_id = self.before_last.needed_id;
        }
    }

    fn end(&mut self) -> RoundStep {
        let Some(round) = self.round.take() else {
            return RoundStep::Idle;
        };
        self.held.since = round.upto;
        RoundStep::Ended {
            upto: round.upto,
            needs_id: round.needs_id,
        }
    }
}

/// Returns nothing as long as the log has to be loaded from a store.
fn lookup(channel: &ChannelShared, key: &str) -> Option<KeyLookup> {
    let log = channel.log();
    let keyed = log.as_keyed().filter(|keyed| keyed.is_loaded())?;
    Some(keyed.get(key))
}

impl KeyLookup {
    fn number(&self) -> Option<u64> {
        match self {
            Self::Live(number, _) | Self::Removed(number) => Some(*number),
            Self::Unknown => None,
        }
    }
}
