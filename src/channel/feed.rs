//! The feed of a channel's presence.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use super::{
    ChannelOptions, GapPolicy, LagPolicy,
    keyed_log::KeyedEvent,
    log::Log,
    options::KeyedOptions,
    roster::{Roster, RosterChange},
    shared::ChannelShared,
};
use crate::{
    Event, EventName,
    sync::{Mutex, MutexGuard, PoisonError},
    time::SharedTimer,
};

/// The part of a feed's name before the name of its channel.
const PREFIX: &str = "presence:";

/// The most names that a feed lists.
const MAX_NAMES: usize = 10_000;

/// The most names that leave under one lock of the log when the channel is closed.
const MAX_CHANGES: usize = 256;

const JOINED: EventName = EventName::from_static("joined");
const LEFT: EventName = EventName::from_static("left");

/// The names that are present in a channel, and the keyed channel from which clients get them.
///
/// It belongs to the channel, so it is removed and made anew with it, and is not in the registry of the hub.
/// Its numbers are its own: in a hub over a store the store assigns the others, and a subscriber that comes or
/// goes must not wait for a store. They are in no id, so a feed alone has use for them.
pub(super) struct Feed<'a> {
    channel: &'a ChannelShared,
    roster: &'a Mutex<Roster>,
}

/// Tracks the subscribers of a channel in a feed, if its options say so.
pub(super) fn track(channel: ChannelShared, timer: &SharedTimer) -> ChannelShared {
    let Some(grace) = channel.options.presence else {
        return channel;
    };
    let feed = make(&channel, grace, timer);
    channel.with_feed(feed)
}

fn make(of: &ChannelShared, grace: Duration, timer: &SharedTimer) -> ChannelShared {
    let channel = Arc::clone(&of.name);
    let keyed = KeyedOptions {
        max_keys: MAX_NAMES,
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
    feed.with_roster(Roster::new(grace, MAX_NAMES))
}

/// Returns the name of the feed of a channel.
pub(super) fn name_of(channel: &str) -> Arc<str> {
    Arc::from([PREFIX, channel].concat())
}

/// Returns the name of the channel whose feed has this name. `None` if it is not that of a feed.
pub(super) fn tracked_by(name: &str) -> Option<&str> {
    name.strip_prefix(PREFIX)
}

/// Makes an event for a name in a channel. Neither has a line feed.
fn event(name: &str, channel: &str) -> Event {
    Event::new([name, "\n", channel].concat())
}

impl<'a> Feed<'a> {
    /// Returns the channel as the feed that it is.
    pub(super) fn of(channel: &'a ChannelShared) -> Option<Self> {
        let roster = channel.roster()?;
        Some(Self { channel, roster })
    }

    /// Returns the feed of the names that are present in a channel.
    pub(super) fn tracking(channel: &'a ChannelShared) -> Option<Self> {
        Self::of(channel.feed()?)
    }

    /// Counts a subscription of the channel.
    pub(super) fn enter(&self, name: &Arc<str>, now: Instant) {
        self.change(now, |roster| roster.enter(name).into_iter().collect());
    }

    /// Counts the end of a subscription of the channel.
    pub(super) fn exit(&self, name: &Arc<str>, now: Instant) {
        self.change(now, |roster| {
            roster.exit(name, now);
            Vec::new()
        });
    }

    /// Removes the names whose grace time has passed.
    pub(super) fn expire(&self, now: Instant) {
        self.change(now, |_| Vec::new());
    }

    /// Counts no name any more, because the channel is closed. Returns the roster of before, with which the feed
    /// has to [end](Self::end).
    pub(super) fn close(&self) -> Roster {
        self.lock().close()
    }

    /// Returns `true` if the channel is closed.
    pub(super) fn is_closed(&self) -> bool {
        self.lock().is_closed()
    }

    /// Removes the names that were present when the channel was closed, and ends.
    ///
    /// The roster is not locked: it does not change any more. The log is not locked for long.
    pub(super) fn end(&self, closed: &Roster) {
        let left = closed.listed().cloned().map(RosterChange::Left);
        let mut left = left.peekable();
        while left.peek().is_some() {
            self.publish(left.by_ref().take(MAX_CHANGES));
        }
        self.channel.change(Log::close);
        self.channel.subscribers.wake_all();
    }

    /// Returns the names that are present, in their order.
    pub(super) fn names(&self) -> Vec<Arc<str>> {
        self.lock().listed().cloned().collect()
    }

    /// Returns the number of names that are present.
    pub(super) fn len(&self) -> usize {
        self.lock().len()
    }

    /// Returns the next time at which a name leaves.
    pub(super) fn next_departure(&self) -> Option<Instant> {
        self.lock().next_departure()
    }

    /// Returns `true` if nobody is present, when all that is due by now has been done.
    pub(super) fn is_empty_at(&self, now: Instant) -> bool {
        self.lock().is_empty_at(now)
    }

    /// Changes the roster, and publishes the changes of the list in their order.
    fn change(&self, now: Instant, change: impl FnOnce(&mut Roster) -> Vec<RosterChange>) {
        let mut roster = self.lock();
        let before = roster.next_departure();
        let mut changes = roster.expire(now);
        changes.extend(change(&mut roster));
        // Once more, because there may be no grace time.
        changes.extend(roster.expire(now));
        let next = roster.next_departure();
        let is_news = !changes.is_empty();
        if is_news {
            self.publish(changes);
        }
        drop(roster);
        // Those that wait have to sleep until the next departure, but not for longer than before.
        let is_earlier = next.is_some_and(|next| before.is_none_or(|before| next < before));
        if is_news || is_earlier {
            self.channel.subscribers.wake_all();
        }
    }

    fn publish(&self, changes: impl IntoIterator<Item = RosterChange>) {
        let tracked = tracked_by(&self.channel.name).unwrap_or_default();
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
        self.roster.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
