//! The subscribers of channels, and changes of their subscriptions.

use std::{iter, slice, sync::Arc};

use super::shared::{HubShared, check_presence};
use crate::{
    ChannelStart, EventId,
    channel::{
        ChannelError,
        presence::Feed,
        shared::ChannelShared,
        subscribers::SubscriberWaker,
        subscription::{Addition, Change, Control},
    },
    sync::atomic::Ordering,
};

impl HubShared {
    /// Lists a subscriber in these channels, and evicts what is too old there. A name is then present in
    /// them. Returns the subscriber's keys, and the number up to which events are published by then.
    pub(in crate::channel) fn join(
        &self,
        channels: &[Arc<ChannelShared>],
        subscriber: &Arc<SubscriberWaker>,
        name: Option<&Arc<str>>,
    ) -> (Vec<u64>, u64) {
        let has_age = |channel: &Arc<ChannelShared>| channel.options.bounds.max_age.is_some();
        let now = channels.iter().any(has_age).then(|| self.timer.now());
        let mut first = Vec::new();
        let (keys, published) = self.with(|registry| {
            let mut keys = Vec::with_capacity(channels.len());
            for channel in channels {
                let bounds = &channel.options.bounds;
                if let Some(now) = now.filter(|now| channel.log().has_expired(*now, bounds)) {
                    registry.change(channel, |log| log.tidy(now, bounds));
                }
                let (key, is_first) = channel.subscribers.list(subscriber);
                if is_first {
                    registry.mark_subscribed(channel);
                    first.push(channel);
                }
                keys.push(key);
            }
            (keys, self.published())
        });
        for channel in channels {
            if let Some((feed, name)) = Feed::tracking(channel).zip(name) {
                feed.enter(name, self.timer.now());
            }
        }
        for channel in first {
            channel.notify_occupancy();
        }
        (keys, published)
    }

    /// Lists a subscriber without a name in one channel. See [`join`](Self::join).
    pub(in crate::channel) fn join_one(
        &self,
        channel: &Arc<ChannelShared>,
        subscriber: &Arc<SubscriberWaker>,
    ) -> (u64, u64) {
        self.expire(channel);
        let (key, is_first, published) = self.with(|registry| {
            let (key, is_first) = channel.subscribers.list(subscriber);
            if is_first {
                registry.mark_subscribed(channel);
            }
            (key, is_first, self.published())
        });
        if is_first {
            channel.notify_occupancy();
        }
        (key, published)
    }

    /// Removes a subscriber, which may have a name, from channels, in each of which it has a key.
    pub(in crate::channel) fn leave(
        &self,
        members: impl Iterator<Item = (Arc<ChannelShared>, u64)>,
        name: Option<&Arc<str>>,
    ) {
        // Most often there is one, which is not the last to leave or has no registry.
        let mut idle = Vec::new();
        for (channel, key) in members {
            let is_last = channel.subscribers.unlist(key);
            if let Some((feed, name)) = Feed::tracking(&channel).zip(name) {
                feed.exit(name, self.timer.now());
            }
            if is_last {
                channel.notify_occupancy();
                idle.extend(channel.is_registered.then_some(channel));
            }
        }
        if idle.is_empty() {
            return;
        }
        let now = self.timer.now();
        self.with(|registry| {
            for channel in &idle {
                registry.mark_idle(channel, now);
            }
        });
    }

    /// Adds a channel to all open subscriptions of a name, at this position or else at the next one. Returns
    /// the id of the change.
    pub(super) fn add_to_subscribers(
        &self,
        name: &Arc<str>,
        start: ChannelStart,
        at: Option<u64>,
    ) -> Result<EventId, ChannelError> {
        let ChannelStart {
            name: channel,
            start,
        } = start;
        let channel = self.source(&channel)?;
        check_presence(slice::from_ref(&channel), Some(name))?;
        let controls = self.named.get(name);
        // Before the number is taken: a subscription has to be woken by what is published after it.
        let keys: Vec<_> = controls
            .iter()
            .map(|control| {
                let channel = slice::from_ref(&channel);
                self.join(channel, &control.waker, Some(name)).0[0]
            })
            .collect();
        for control in &controls {
            control.announce_addition(self.published());
        }
        let addition = |key, at| Addition::new(self, &channel, key, &start, at);
        let (at, additions) = self.take_number(at, |at| {
            let keys = keys.into_iter();
            keys.map(|key| addition(key, at)).collect::<Vec<_>>()
        });
        for (control, addition) in controls.iter().zip(additions) {
            self.change_subscription(control, Change::Add(addition), at, name);
        }
        Ok(self.epoch().id(at))
    }

    /// Removes a channel from all open subscriptions of a name, at this position or else at the next one.
    /// Returns the id of the change.
    pub(super) fn remove_from_subscribers(
        &self,
        name: &Arc<str>,
        channel: &str,
        at: Option<u64>,
    ) -> EventId {
        let (at, ()) = self.take_number(at, |_| ());
        let channel = Arc::from(channel);
        for control in self.named.get(name) {
            let removal = Change::Remove {
                name: Arc::clone(&channel),
            };
            self.change_subscription(&control, removal, at, name);
        }
        self.epoch().id(at)
    }

    /// Changes one of the subscriptions with this name. Only a hub without a store waits for its poll.
    fn change_subscription(&self, control: &Control, change: Change, at: u64, name: &Arc<str>) {
        let needless = match self.node {
            Some(_) => control.change_at(change, at),
            None => control.change(change),
        };
        for change in needless {
            self.undo(change, name);
        }
    }

    /// Ends the open subscriptions whose channels may have changed: the store of the hub may have had changes
    /// that the hub has not seen.
    pub(super) fn end_changing(&self) {
        for control in self.named.all() {
            control.change_at(Change::Missed, self.published());
        }
    }

    /// Undoes a change that a subscription with this name has not applied.
    pub(super) fn undo(&self, change: Change, name: &Arc<str>) {
        if let Change::Add(addition) = change {
            let (channel, key) = addition.channel();
            self.leave(iter::once((Arc::clone(channel), key)), Some(name));
        }
    }

    /// Takes a number that no event gets: this one, or the next. The closure runs before anything is published
    /// after it.
    fn take_number<R>(&self, at: Option<u64>, change: impl FnOnce(u64) -> R) -> (u64, R) {
        self.with(|_| {
            let number = at.unwrap_or(self.published() + 1);
            self.published.store(number, Ordering::Release);
            (number, change(number))
        })
    }
}
