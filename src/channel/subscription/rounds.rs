//! The position of a subscription in a keyed channel.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
    task::Context,
};

use super::departures::Departures;
use crate::channel::{
    feed::Feed,
    keyed_log::{KeyLookup, KeyedEvent, KeyedLog},
    shared::ChannelShared,
    start::{Start, StartKind},
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
    /// The number up to which no event is due.
    floor: u64,
    /// Changes up to this number were read in earlier rounds.
    since: u64,
    round: Option<Round>,
    /// The keys that were read since the snapshot began, with the numbers of their events. A round drops
    /// those that are gone, so there are at most as many as the log has live and removed keys, and as many
    /// again while the round lasts.
    shown: HashMap<Arc<str>, u64>,
    /// Whether the client has nothing but what `shown` has: not if it has resumed.
    is_complete: bool,
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
    listed: VecDeque<Arc<str>>,
    /// Whether the client got an event since it got an id.
    needs_id: bool,
}

/// The start of a subscription in a keyed channel.
pub(super) enum RoundStart {
    /// With a snapshot of the keys that have changed after this number.
    Snapshot(u64),
    /// With the changes after a number which the client has. No event up to the floor is due.
    Changes { after: u64, floor: u64 },
}

impl RoundStart {
    /// Returns where a subscription begins in the feed of a presence. Its numbers are its own, so neither the
    /// client's id nor a position says anything about them.
    pub(super) fn in_feed(channel: &ChannelShared, start: &Start) -> Option<Self> {
        Feed::of(channel)?;
        let last = channel.tip().last();
        Some(match start.kind {
            StartKind::Live => Self::Changes {
                after: last,
                floor: last,
            },
            StartKind::Resume | StartKind::Replay | StartKind::Since(_) => Self::Snapshot(0),
        })
    }
}

/// A step of a round.
pub(super) enum RoundStep {
    /// A snapshot begins, at this position.
    Snapshot(u64),
    Event {
        key: Arc<str>,
        event: KeyedEvent,
        /// The number of the event, if everything up to it has been read: it is the last of the round.
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
            floor,
            since,
            round: None,
            shown: HashMap::new(),
            is_complete,
            begins_snapshot: is_complete,
            owes_id: is_complete,
            before_last: BeforeLast::default(),
        }
    }

    /// Returns the position of a client that has read nothing yet.
    pub(super) fn start(&self) -> u64 {
        self.since
    }

    /// Returns `true` if everything up to this number has been read.
    pub(super) fn has_read(&self, published: u64) -> bool {
        let last = self.channel.tip().last().min(published);
        !self.begins_snapshot && self.round.is_none() && last <= self.since
    }

    /// Returns `true` if the channel is closed and everything has been read.
    pub(super) fn is_finished(&self) -> bool {
        let tip = self.channel.tip();
        tip.is_closed() && self.round.is_none() && self.since >= tip.last()
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
        if std::mem::take(&mut self.begins_snapshot) {
            return RoundStep::Snapshot(self.floor);
        }
        let Some(round) = &mut self.round else {
            return self.begin(published);
        };
        let (upto, is_last) = (round.upto, round.listed.len() == 1);
        let Some(key) = round.listed.pop_front() else {
            return self.end();
        };
        // Again, because it may have changed since it was listed.
        let Some(found) = lookup(&self.channel, &key) else {
            // The next round lists what is new to this client.
            self.round = None;
            return RoundStep::Idle;
        };
        if found.number() > Some(published) {
            // Another thread is about to publish it, and then to wake this task.
            round.listed.push_front(key);
            return RoundStep::Idle;
        }
        // Keys are listed in the order of their numbers, so what is left has none up to that of the last
        // one, unless that has changed. After a loss of the store an older event may be the newest again.
        let since = self.since;
        let is_new = |number: &u64| *number > since && *number <= upto;
        let id = found.number().filter(|number| is_last && is_new(number));
        match found {
            // The store has lost the update for which the key was listed.
            KeyLookup::Live(number, _) if self.shown.get(&key) == Some(&number) => RoundStep::Again,
            KeyLookup::Live(number, event) => {
                let was_shown = self.shown.insert(Arc::clone(&key), number).is_some();
                self.note_read(id, was_shown);
                RoundStep::Event { key, event, id }
            }
            KeyLookup::Removed(_) | KeyLookup::Unknown => self.read_removal(key, id),
        }
    }

    fn begin(&mut self, published: u64) -> RoundStep {
        if self.channel.tip().last().min(published) <= self.since {
            return RoundStep::Idle;
        }
        let channel = Arc::clone(&self.channel);
        let log = channel.log();
        if !log.as_keyed().is_some_and(KeyedLog::is_loaded) {
            return RoundStep::Idle;
        }
        let has_lost = log.evicted() > self.since;
        if has_lost && !self.is_complete {
            drop(log);
            return self.restart();
        }
        let Some(keyed) = log.as_keyed() else {
            return RoundStep::Idle;
        };
        let mut listed = VecDeque::new();
        if has_lost {
            listed.extend(self.gone(keyed).cloned());
        }
        // Not only up to `published`: a key that is updated all the time would never be listed.
        // A client with nothing but what was shown has no other key that was removed.
        // Nor only after `since`: a store that has lost events has older ones again.
        let after = if has_lost { 0 } else { self.since };
        let removed = keyed.removed_after(after);
        let removed = removed.filter(|key| !self.is_complete || self.shown.contains_key(*key));
        listed.extend(removed.cloned());
        let live = keyed.live_after(after.max(self.floor));
        let live = live.filter(|(number, key)| self.shown.get(*key) != Some(number));
        listed.extend(live.map(|(_, key)| Arc::clone(key)));
        self.round = Some(Round {
            upto: published,
            listed,
            needs_id: std::mem::take(&mut self.owes_id),
        });
        RoundStep::Again
    }

    /// Begins with a snapshot: the client may have keys whose removal is forgotten, and it is not known
    /// which.
    fn restart(&mut self) -> RoundStep {
        self.since = self.floor;
        self.shown.clear();
        (self.is_complete, self.owes_id) = (true, true);
        RoundStep::Snapshot(self.floor)
    }

    /// Returns the keys that the client has, and whose removal is forgotten.
    fn gone<'a>(&'a self, log: &'a KeyedLog) -> impl Iterator<Item = &'a Arc<str>> {
        self.shown.keys().filter(|key| !log.knows(key))
    }

    fn read_removal(&mut self, key: Arc<str>, id: Option<u64>) -> RoundStep {
        let was_shown = self.shown.remove(&key).is_some();
        if self.is_complete && !was_shown {
            return RoundStep::Again;
        }
        self.note_read(id, was_shown);
        RoundStep::Removed { key, id }
    }

    fn note_read(&mut self, id: Option<u64>, was_shown: bool) {
        if let Some(round) = &mut self.round {
            let needed_id = std::mem::replace(&mut round.needs_id, id.is_none());
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
            self.shown.remove(key);
        }
        if let Some(round) = &mut self.round {
            round.needs_id = self.before_last.needed_id;
        }
    }

    fn end(&mut self) -> RoundStep {
        let Some(round) = self.round.take() else {
            return RoundStep::Idle;
        };
        self.since = round.upto;
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
