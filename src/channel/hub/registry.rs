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
        log::{Listing, Log},
        presence::Feed,
        shared::ChannelShared,
    },
};

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
    pub(super) channels: BTreeMap<Arc<str>, Registered>,
    /// Idle channels in the order in which they became idle.
    pub(super) idle: BTreeMap<IdleSince, Arc<str>>,
    /// Idle channels that have been found to retain events, in the same order.
    pub(super) retaining: BTreeMap<IdleSince, Arc<str>>,
    /// The same channels in the order in which they were found to retain events. They may have evicted
    /// them since.
    pub(super) checked: BTreeMap<IdleSince, Arc<str>>,
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
    pub(super) count: u64,
    /// Channels to drop when nothing is locked, because the drop of a policy may run code of the user's.
    drops: Vec<Arc<ChannelShared>>,
}

/// A moment, and a number that makes it unique.
pub(super) type IdleSince = (Instant, u64);

#[derive(Debug)]
pub(super) struct Registered {
    pub(super) channel: Arc<ChannelShared>,
    /// Its key in `idle` or `retaining`.
    pub(super) idle_since: Option<IdleSince>,
    /// Its key in `checked`.
    pub(super) checked_at: Option<IdleSince>,
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

    pub(super) fn remove_name(&mut self, name: &str) {
        self.unlist(name);
        let Some((name, Registered { channel, .. })) = self.channels.remove_entry(name) else {
            return;
        };
        // The other nodes must not go on with names that were about to leave.
        Feed::tracking(&channel).map(|feed| feed.close());
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

/// Returns `true` if what a client has missed of a channel is no gap.
fn is_ephemeral(channel: &ChannelShared) -> bool {
    !channel.options.has_history && !channel.options.has_ids
}

pub(super) fn is_due(since: &IdleSince, now: Instant, linger: Duration) -> bool {
    now.saturating_duration_since(since.0) >= linger
}
