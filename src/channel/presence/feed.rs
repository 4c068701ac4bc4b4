//! The feed of a channel's presence.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use super::{
    feed_state::FeedState,
    node_presence::NodePresence,
    peers::Peers,
    roster::{Departure, MAX_LISTED, Roster, RosterChange},
};
use crate::{
    ChannelOptions, Event, EventName, GapPolicy, LagPolicy,
    channel::{keyed_log::KeyedEvent, log::Log, options::KeyedOptions, shared::ChannelShared},
    sync::{Mutex, MutexGuard, lock},
    time::SharedTimer,
};

/// The part of a feed's name before the name of its channel.
const PREFIX: &str = "presence:";

/// The most names that leave under one lock of the log when the channel is closed.
const MAX_CHANGES: usize = 256;

const JOINED: EventName = EventName::from_static("joined");
const LEFT: EventName = EventName::from_static("left");

/// The names that are present in a channel, and the keyed channel from which clients get them.
///
/// It belongs to the channel, so it is removed and made anew with it, and is not in the registry of the hub.
/// Its numbers are its own: in a hub over a store the store assigns the others, and a subscriber that comes or
/// goes must not wait for a store. They are in no id, so a feed alone has use for them.
///
/// In a hub over a store it also has the names of the other nodes, and tells them of its own.
pub(in crate::channel) struct Feed<'a> {
    channel: &'a ChannelShared,
    state: &'a FeedState,
}

/// Tracks the subscribers of a channel in a feed, if its options say so.
pub(in crate::channel) fn track(
    channel: ChannelShared,
    timer: &SharedTimer,
    node: Option<&Arc<NodePresence>>,
) -> ChannelShared {
    let Some(grace) = channel.options.presence else {
        return channel;
    };
    let feed = make(&channel, grace, timer, node.cloned());
    channel.with_feed(feed)
}

fn make(
    of: &ChannelShared,
    grace: Duration,
    timer: &SharedTimer,
    node: Option<Arc<NodePresence>>,
) -> ChannelShared {
    let channel = Arc::clone(&of.name);
    let keyed = KeyedOptions {
        max_keys: MAX_LISTED,
        removal: Arc::new(move |name| event(name, &channel).name(LEFT)),
        ..KeyedOptions::default()
    };
    let options = ChannelOptions {
        timer: timer.clone(),
        keyed: Some(keyed),
        presence: None,
        has_ids: false,
        has_history: true,
        lag_policy: LagPolicy::default(),
        gap_policy: GapPolicy::default(),
        ..of.options.clone()
    };
    let feed = ChannelShared::new(name_of(&of.name), options, timer.now());
    let roster = Roster::new(grace, MAX_LISTED, node.is_some());
    feed.with_feed_state(FeedState {
        tracked: Arc::clone(&of.name),
        roster: Mutex::new(roster),
        node,
    })
}

/// Returns the name of the feed of a channel.
pub(in crate::channel) fn name_of(channel: &str) -> Arc<str> {
    Arc::from([PREFIX, channel].concat())
}

/// Returns the name of the channel whose feed has this name. `None` if it is not that of a feed.
pub(in crate::channel) fn tracked_by(name: &str) -> Option<&str> {
    name.strip_prefix(PREFIX)
}

/// Makes an event for a name in a channel. Neither has a line feed.
fn event(name: &str, channel: &str) -> Event {
    Event::new([name, "\n", channel].concat())
}

impl<'a> Feed<'a> {
    /// Returns the channel as the feed that it is.
    pub(in crate::channel) fn of(channel: &'a ChannelShared) -> Option<Self> {
        let state = channel.feed_state()?;
        Some(Self { channel, state })
    }

    /// Returns the feed of the names that are present in a channel.
    pub(in crate::channel) fn tracking(channel: &'a ChannelShared) -> Option<Self> {
        Self::of(channel.feed()?)
    }

    /// Counts a subscription of the channel.
    pub(in crate::channel) fn enter(&self, name: &Arc<str>, now: Instant) {
        self.change(now, |roster| roster.enter(name));
    }

    /// Counts the end of a subscription of the channel.
    pub(in crate::channel) fn exit(&self, name: &Arc<str>, now: Instant) {
        self.change(now, |roster| {
            roster.exit(name, now);
            Vec::new()
        });
    }

    /// Makes it show what the other nodes have of these names.
    pub(in crate::channel) fn update(
        &self,
        names: impl IntoIterator<Item = (Arc<str>, Departure)>,
        now: Instant,
    ) {
        self.update_from_peers(now, |_, _| names);
    }

    /// Makes it show all names of the other nodes.
    pub(in crate::channel) fn update_all(&self, now: Instant) {
        self.update_from_peers(now, |peers, roster| {
            let mut names = peers.names(&self.state.tracked);
            names.extend(roster.elsewhere());
            names.into_iter().map(|name| (name, Departure::AtOnce))
        });
    }

    fn update_from_peers<I>(&self, now: Instant, names: impl FnOnce(&Peers, &Roster) -> I)
    where
        I: IntoIterator<Item = (Arc<str>, Departure)>,
    {
        let Some(node) = &self.state.node else {
            return;
        };
        // The peers do not change meanwhile, so that no older state of theirs overwrites a newer one.
        let is_changed = node.with_peers(|peers| {
            self.change_roster(now, |roster| {
                let names = names(peers, roster).into_iter();
                let changes = names.flat_map(|(name, departure)| {
                    let is_there = peers.has(&self.state.tracked, &name);
                    roster.set_elsewhere(&name, is_there, departure, now)
                });
                changes.collect()
            })
        });
        self.wake_if(is_changed);
    }

    /// Removes the names whose grace time has passed.
    pub(in crate::channel) fn expire(&self, now: Instant) {
        self.change(now, |_| Vec::new());
    }

    /// Counts no name any more, because the channel is closed. Returns the roster of before, with which the feed
    /// has to [end](Self::end).
    pub(in crate::channel) fn close(&self) -> Roster {
        let mut roster = self.lock();
        if let Some(node) = self.state.node.as_ref().filter(|_| !roster.is_closed()) {
            // Under the lock of the roster. The task of the node is woken by `end`.
            node.close(&self.state.tracked);
        }
        roster.close()
    }

    /// Returns `true` if the channel is closed.
    pub(in crate::channel) fn is_closed(&self) -> bool {
        self.lock().is_closed()
    }

    /// Removes the names that were present when the channel was closed, and ends.
    ///
    /// The roster is not locked: it does not change any more. The log is not locked for long.
    pub(in crate::channel) fn end(&self, closed: &Roster) {
        let left = closed.listed().into_iter().map(RosterChange::Left);
        let mut left = left.peekable();
        while left.peek().is_some() {
            self.publish(left.by_ref().take(MAX_CHANGES));
        }
        self.channel.change(Log::close);
        self.wake_if(true);
    }

    /// Returns the names that are present, in their order.
    pub(in crate::channel) fn names(&self) -> Vec<Arc<str>> {
        self.lock().listed()
    }

    /// Returns the number of names that are present.
    pub(in crate::channel) fn len(&self) -> usize {
        self.lock().len()
    }

    /// Returns the next time at which a name leaves.
    pub(in crate::channel) fn next_departure(&self) -> Option<Instant> {
        self.lock().next_departure()
    }

    /// Returns `true` if nobody is present, when all that is due by now has been done.
    pub(in crate::channel) fn is_empty_at(&self, now: Instant) -> bool {
        self.lock().is_empty_at(now)
    }

    /// Changes the roster, and publishes the changes of the list in their order.
    fn change(&self, now: Instant, change: impl FnOnce(&mut Roster) -> Vec<RosterChange>) {
        let is_changed = self.change_roster(now, change);
        self.wake_if(is_changed);
    }

    /// Changes the roster. Returns `true` if those that wait for it must be woken.
    fn change_roster(
        &self,
        now: Instant,
        change: impl FnOnce(&mut Roster) -> Vec<RosterChange>,
    ) -> bool {
        let mut roster = self.lock();
        let before = roster.next_departure();
        let mut changes = roster.expire(now);
        changes.extend(change(&mut roster));
        // Once more, because there may be no grace time.
        changes.extend(roster.expire(now));
        let is_told = self.tell_node(&mut roster);
        let is_news = !changes.is_empty();
        if is_news {
            self.publish(changes);
        }
        // Those that wait have to sleep until the next departure, but not for longer than before.
        let next = roster.next_departure();
        let is_earlier = next.is_some_and(|next| before.is_none_or(|before| next < before));
        is_news || is_earlier || is_told
    }

    /// Notes for the other nodes what this one has. Returns `true` if there is anything to note.
    fn tell_node(&self, roster: &mut Roster) -> bool {
        let Some(node) = &self.state.node else {
            return false;
        };
        let channel = &self.state.tracked;
        let touched = roster.take_touched();
        for name in &touched {
            node.set(channel, name, roster.is_announced(name));
        }
        if let Some(at) = roster.next_departure() {
            node.note_departure(at, channel);
        }
        !touched.is_empty()
    }

    fn wake_if(&self, is_changed: bool) {
        if is_changed {
            self.channel.subscribers.wake_all();
            self.state.node.iter().for_each(|node| node.wake());
        }
    }

    fn publish(&self, changes: impl IntoIterator<Item = RosterChange>) {
        let tracked = &self.state.tracked;
        self.channel.change(|log| {
            for change in changes {
                let number = log.last() + 1;
                match change {
                    RosterChange::Joined(name) => {
                        let event = KeyedEvent {
                            without_id: event(&name, tracked).name(JOINED).into(),
                            with_id: None,
                        };
                        if let Some(keyed) = log.change_keyed(number) {
                            keyed.insert(number, name, event);
                        }
                    }
                    RosterChange::Left(name) => log.remove_key(number, &name),
                }
            }
        });
    }

    fn lock(&self) -> MutexGuard<'_, Roster> {
        lock(&self.state.roster)
    }
}
