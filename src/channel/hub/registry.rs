//! The channels of a hub by name, and which of them are idle.

use std::{
    collections::{BTreeMap, BTreeSet},
    mem,
    sync::Arc,
    time::{Duration, Instant},
};

use super::removed::RemovedChannels;
use crate::{
    EncodedEvent,
    channel::{
        feed::Feed,
        log::{Listing, Log},
        shared::ChannelShared,
    },
};

/// The most idle channels that one call checks, so that no single call pays for a peak that has passed,
/// or for the names that a client makes up.
const MAX_CHECKS: usize = 32;

/// The channels of a hub.
///
/// A channel is *idle* while it has no subscriber. Idle channels that retain nothing are removed after
/// some time, those that retain events only when there is no room for another one, and those to which
/// the program has a handle never. A listed channel may have subscribers again, so it is checked before
/// it is removed. Those that subscribe to the feed of its presence keep a channel as well, and names that
/// have not left yet count as events.
///
/// Trees, because a hash map moves all of its entries when it grows, and keeps its memory after a peak.
#[derive(Debug)]
pub(super) struct Registry {
    channels: BTreeMap<Arc<str>, Registered>,
    /// Idle channels in the order in which they became idle.
    idle: BTreeMap<IdleSince, Arc<str>>,
    /// Idle channels that have been found to retain events, in the same order.
    retaining: BTreeMap<IdleSince, Arc<str>>,
    /// The same channels in the order in which they were found to retain events. They may have evicted
    /// them since.
    checked: BTreeMap<IdleSince, Arc<str>>,
    /// Channels that retain events, by a number that is not above their oldest one.
    oldest: BTreeSet<(u64, Arc<str>)>,
    /// The length of all events of all channels.
    bytes: usize,
    /// The part of it that cannot be evicted.
    pinned_bytes: usize,
    removed: RemovedChannels,
    pub(super) has_store: bool,
    /// The number up to which events were published when the lock was taken.
    pub(super) published: u64,
    /// The number of the last entry in the lists.
    count: u64,
    /// Channels to drop when nothing is locked, because the drop of a policy may run code of the user's.
    drops: Vec<Arc<ChannelShared>>,
}

/// A moment, and a number that makes it unique.
type IdleSince = (Instant, u64);

#[derive(Debug)]
struct Registered {
    channel: Arc<ChannelShared>,
    /// Its key in `idle` or `retaining`.
    idle_since: Option<IdleSince>,
    /// Its key in `checked`.
    checked_at: Option<IdleSince>,
}

/// The result of checking a channel that may be idle.
#[derive(Clone, Copy, PartialEq, Eq)]
enum IdleCheck {
    /// Nothing would be lost with it.
    Empty,
    /// It retains events.
    Retaining,
    /// It has subscribers. It is listed again when the last of them leaves.
    Subscribed,
    /// The program has a handle and may publish, or the feed of its presence has subscribers. So it is listed
    /// again.
    Held,
}

impl Registry {
    /// Makes a registry that remembers at most so many removed channels.
    pub(super) fn new(max_removed: usize) -> Self {
        Self {
            channels: BTreeMap::new(),
            idle: BTreeMap::new(),
            retaining: BTreeMap::new(),
            checked: BTreeMap::new(),
            oldest: BTreeSet::new(),
            bytes: 0,
            pinned_bytes: 0,
            removed: RemovedChannels::new(max_removed),
            has_store: false,
            published: 0,
            count: 0,
            drops: Vec::new(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.channels.len()
    }

    pub(super) fn names(&self) -> Vec<Arc<str>> {
        self.channels.keys().cloned().collect()
    }

    pub(super) fn channels(&self) -> Vec<Arc<ChannelShared>> {
        let registered = self.channels.values();
        registered.map(|one| Arc::clone(&one.channel)).collect()
    }

    /// Returns a channel, unless its time has passed.
    pub(super) fn get(
        &mut self,
        name: &str,
        now: Instant,
        linger: Duration,
    ) -> Option<Arc<ChannelShared>> {
        let idle_since = self.channels.get(name)?.idle_since;
        if idle_since.is_some_and(|since| is_due(&since, now, linger)) {
            self.check_due(name, now);
        }
        Some(Arc::clone(&self.channels.get(name)?.channel))
    }

    /// Adds a channel, which has neither subscribers nor events yet.
    pub(super) fn insert(&mut self, channel: &Arc<ChannelShared>, published: u64, now: Instant) {
        let registered = Registered {
            channel: Arc::clone(channel),
            idle_since: None,
            checked_at: None,
        };
        let name = Arc::clone(&channel.name);
        let lost = self.removed.take(&name);
        channel.change(|log| {
            log.begin_after(lost);
            if lost > 0 {
                // It may have had keys, which are gone without a removal.
                log.forget_keys_before(published);
            }
            log.listing = Listing::Unlisted;
        });
        self.channels.insert(name, registered);
        self.list_as_idle(&channel.name, now);
    }

    /// Unlists a channel that has a subscriber.
    pub(super) fn mark_subscribed(&mut self, channel: &Arc<ChannelShared>) {
        if self.has(channel) {
            self.unlist(&channel.name);
        }
    }

    /// Lists a channel whose last subscriber has left. If the next one has arrived since, the channel is
    /// checked once for nothing.
    pub(super) fn mark_idle(&mut self, channel: &Arc<ChannelShared>, now: Instant) {
        if self.has(channel) {
            self.list_as_idle(&channel.name, now);
        }
    }

    /// Returns `true` if the channel is registered. It is not if it was closed, though another one of its
    /// name may be.
    pub(super) fn has(&self, channel: &Arc<ChannelShared>) -> bool {
        let registered = self.channels.get(&channel.name);
        registered.is_some_and(|registered| Arc::ptr_eq(&registered.channel, channel))
    }

    /// Removes a channel that was closed.
    pub(super) fn remove(&mut self, channel: &Arc<ChannelShared>) {
        if self.has(channel) {
            self.remove_name(&channel.name);
        }
    }

    /// Notes that there is an event that the channel with this name does not have in memory.
    pub(super) fn leave_out(&mut self, name: &Arc<str>, number: u64) {
        match self.channels.get(name) {
            Some(made) => {
                let channel = Arc::clone(&made.channel);
                self.change(&channel, |log| log.evict_through(number));
            }
            None => self.removed.add(name, number),
        }
    }

    /// Removes idle channels whose time has passed: some of them, if there are many.
    pub(super) fn sweep(&mut self, now: Instant, linger: Duration) {
        for _ in 0..MAX_CHECKS {
            let due = |list: &BTreeMap<IdleSince, Arc<str>>| {
                let due = list.first_key_value();
                let due = due.filter(|(since, _)| is_due(since, now, linger))?;
                Some(Arc::clone(due.1))
            };
            let Some(name) = due(&self.idle).or_else(|| due(&self.checked)) else {
                return;
            };
            self.check_due(&name, now);
        }
    }

    /// Removes the channel that has been idle for the longest, one without events first. Returns `true` if
    /// one was found.
    pub(super) fn make_room(&mut self, now: Instant) -> bool {
        self.remove_empty(now) || self.remove_retaining(now)
    }

    /// Removes the channel without events that has been idle for the longest, and moves those with events
    /// out of the way.
    fn remove_empty(&mut self, now: Instant) -> bool {
        let before = self.len();
        for _ in 0..MAX_CHECKS {
            let Some(name) = first(&self.idle) else {
                return false;
            };
            self.check_due(&name, now);
            if self.len() < before {
                return true;
            }
        }
        false
    }

    /// Removes the channel that has been idle for the longest, with its events.
    ///
    /// Channels that the program holds move to the end of the list, so the next call checks others.
    fn remove_retaining(&mut self, now: Instant) -> bool {
        for _ in 0..MAX_CHECKS {
            let Some(name) = first(&self.retaining).or_else(|| first(&self.idle)) else {
                return false;
            };
            match self.check(&name, now) {
                IdleCheck::Empty | IdleCheck::Retaining => {
                    self.remove_name(&name);
                    return true;
                }
                IdleCheck::Held => self.list_as_idle(&name, now),
                IdleCheck::Subscribed => self.unlist(&name),
            }
        }
        false
    }

    /// Removes a channel that nothing keeps, or lists it where it belongs.
    fn check_due(&mut self, name: &str, now: Instant) {
        match self.check(name, now) {
            IdleCheck::Empty => self.remove_name(name),
            IdleCheck::Retaining => self.keep_for_its_events(name, now),
            IdleCheck::Held => self.list_as_idle(name, now),
            IdleCheck::Subscribed => self.unlist(name),
        }
    }

    fn check(&mut self, name: &str, now: Instant) -> IdleCheck {
        let Some(registered) = self.channels.get(name) else {
            return IdleCheck::Subscribed;
        };
        if registered.channel.subscribers.count() > 0 {
            return IdleCheck::Subscribed;
        }
        // Handles and subscriptions are made of this one alone, under the lock that we have.
        let feed = registered.channel.feed();
        if Arc::strong_count(&registered.channel) > 1
            || feed.is_some_and(|feed| Arc::strong_count(feed) > 1)
        {
            return IdleCheck::Held;
        }
        let channel = Arc::clone(&registered.channel);
        self.change(&channel, |log| log.tidy(now, &channel.options.bounds));
        // Without a history it retains nothing that a later subscriber would get.
        let is_empty = !channel.options.has_history || channel.log().is_empty();
        let is_deserted = Feed::tracking(&channel).is_none_or(|feed| feed.is_empty_at(now));
        match is_empty && is_deserted {
            true => IdleCheck::Empty,
            false => IdleCheck::Retaining,
        }
    }

    /// Moves an idle channel out of the way of those that retain nothing, until it is checked again.
    fn keep_for_its_events(&mut self, name: &str, now: Instant) {
        self.count += 1;
        let Some(registered) = self.channels.get_mut(name) else {
            return;
        };
        let Some(since) = registered.idle_since else {
            return;
        };
        let at = (now, self.count);
        if let Some(before) = registered.checked_at.replace(at) {
            self.checked.remove(&before);
        }
        let name = &registered.channel.name;
        self.checked.insert(at, Arc::clone(name));
        self.idle.remove(&since);
        self.retaining.insert(since, Arc::clone(name));
    }

    fn list_as_idle(&mut self, name: &str, now: Instant) {
        self.unlist(name);
        self.count += 1;
        let since = (now, self.count);
        if let Some(registered) = self.channels.get_mut(name) {
            registered.idle_since = Some(since);
            self.idle
                .insert(since, Arc::clone(&registered.channel.name));
        }
    }

    /// Removes a channel from the lists of idle ones.
    fn unlist(&mut self, name: &str) {
        let Some(registered) = self.channels.get_mut(name) else {
            return;
        };
        if let Some(since) = registered.idle_since.take() {
            self.idle.remove(&since);
            self.retaining.remove(&since);
        }
        if let Some(at) = registered.checked_at.take() {
            self.checked.remove(&at);
        }
    }

    fn remove_name(&mut self, name: &str) {
        self.unlist(name);
        let Some((name, Registered { channel, .. })) = self.channels.remove_entry(name) else {
            return;
        };
        let (lost, bytes, listing) = channel.change(|log| {
            let listing = mem::replace(&mut log.listing, Listing::Absent);
            let bytes = [log.bytes(), log.pinned_bytes()];
            let lost = log.last().max(log.evicted());
            (lost, bytes, listing)
        });
        self.bytes -= bytes[0];
        self.pinned_bytes -= bytes[1];
        // A store has what clients without ids begin with as well.
        if channel.options.has_ids || self.has_store {
            self.removed.add(&name, lost);
        }
        if let Listing::Listed(oldest) = listing {
            self.oldest.remove(&(oldest, name));
        }
        self.drops.push(channel);
    }

    /// Appends events with their numbers to a log.
    pub(super) fn append(
        &mut self,
        channel: &Arc<ChannelShared>,
        events: impl Iterator<Item = (u64, EncodedEvent)>,
        now: Instant,
    ) {
        let bounds = &channel.options.bounds;
        self.change(channel, |log| {
            for (number, event) in events {
                log.append(number, event, now, bounds);
            }
            log.tidy(now, bounds);
        });
    }

    /// Drops all events: those up to this number are evicted.
    pub(super) fn restart_after(&mut self, number: u64) {
        self.removed.restart_after(number);
        for channel in self.channels() {
            self.change(&channel, |log| log.restart_after(number));
        }
    }

    /// Drops all events that the store of the hub has: those up to this number are evicted.
    pub(super) fn drop_stored(&mut self, number: u64) {
        self.removed.restart_after(number);
        for channel in self.channels().iter().filter(|one| !is_ephemeral(one)) {
            self.change(channel, |log| log.restart_after(number));
        }
    }

    /// Drops all events up to this number that the store of the hub has.
    pub(super) fn evict_through(&mut self, number: u64) {
        self.removed.raise_floor(number);
        for channel in self.channels().iter().filter(|one| !is_ephemeral(one)) {
            self.change(channel, |log| log.evict_through(number));
        }
    }

    /// Changes a log, and counts its bytes.
    pub(super) fn change<R>(
        &mut self,
        channel: &Arc<ChannelShared>,
        change: impl FnOnce(&mut Log) -> R,
    ) -> R {
        channel.change(|log| {
            let before = [log.bytes(), log.pinned_bytes()];
            let changed = change(log);
            if log.listing != Listing::Absent {
                self.bytes = self.bytes - before[0] + log.bytes();
                self.pinned_bytes = self.pinned_bytes - before[1] + log.pinned_bytes();
            }
            if let (Listing::Unlisted, Some(oldest)) = (log.listing, log.oldest()) {
                log.listing = Listing::Listed(oldest);
                self.oldest.insert((oldest, Arc::clone(&channel.name)));
            }
            changed
        })
    }

    /// Returns the length in bytes of all events that cannot be evicted.
    pub(super) fn pinned_bytes(&self) -> usize {
        self.pinned_bytes
    }

    /// Evicts the events with the lowest numbers until no more bytes are left than these.
    pub(super) fn evict_to(&mut self, max_bytes: usize) {
        while self.bytes > max_bytes {
            let Some((listed, name)) = self.oldest.pop_first() else {
                return;
            };
            let Some(registered) = self.channels.get(&name) else {
                continue;
            };
            let channel = Arc::clone(&registered.channel);
            self.change(&channel, |log| {
                // Its oldest event may have been evicted since it was listed.
                if log.oldest() == Some(listed) {
                    log.evict_oldest();
                }
                log.listing = Listing::Unlisted;
            });
        }
    }

    /// Takes the removed channels, to be dropped when nothing is locked.
    pub(super) fn take_drops(&mut self) -> Vec<Arc<ChannelShared>> {
        mem::take(&mut self.drops)
    }
}

/// Returns the name of the channel that has been idle for the longest.
/// Returns `true` if what a client has missed of a channel is no gap.
fn is_ephemeral(channel: &ChannelShared) -> bool {
    !channel.options.has_history && !channel.options.has_ids
}

fn first(idle: &BTreeMap<IdleSince, Arc<str>>) -> Option<Arc<str>> {
    idle.first_key_value().map(|(_, name)| Arc::clone(name))
}

fn is_due(since: &IdleSince, now: Instant, linger: Duration) -> bool {
    now.saturating_duration_since(since.0) >= linger
}
