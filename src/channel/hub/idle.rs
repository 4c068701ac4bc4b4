//! Which channels of a hub are idle, and which of them it removes.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use super::registry::{IdleSince, Registry, is_due};
use crate::channel::{presence::Feed, shared::ChannelShared};

/// The most idle channels that one call checks, so that no single call pays for a peak that has passed,
/// or for the names that a client makes up.
const MAX_CHECKS: usize = 32;

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
    pub(super) fn check_due(&mut self, name: &str, now: Instant) {
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

    pub(super) fn list_as_idle(&mut self, name: &str, now: Instant) {
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
    pub(super) fn unlist(&mut self, name: &str) {
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
}

/// Returns the name of the channel that has been idle for the longest.
fn first(idle: &BTreeMap<IdleSince, Arc<str>>) -> Option<Arc<str>> {
    idle.first_key_value().map(|(_, name)| Arc::clone(name))
}
