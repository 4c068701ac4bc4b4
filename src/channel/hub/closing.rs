//! Closing channels, and a hub with all of its channels.

use std::sync::Arc;

use super::{node::Node, registry::Registry, shared::HubShared};
use crate::{
    channel::{log::Log, presence::Feed, shared::ChannelShared},
    sync::atomic::Ordering,
};

impl HubShared {
    /// Closes a channel for publishers. Subscribers end when they have read the rest.
    pub(in crate::channel) fn close(&self, channel: &Arc<ChannelShared>) {
        self.close_together(|_| vec![Arc::clone(channel)]);
    }

    /// Closes all channels of the registry.
    pub(in crate::channel) fn close_all(&self) {
        self.close_together(Registry::channels);
    }

    /// Closes the hub for good, when its last handle is dropped: also the subscriptions without channels,
    /// which nobody can add one to.
    pub(in crate::channel) fn close_for_good(&self) {
        self.is_closed.store(true, Ordering::Release);
        self.close_all();
        self.node.iter().for_each(Node::stop);
        for control in self.named.all() {
            control.waker.wake();
        }
    }

    /// Returns `true` if the last handle was dropped.
    pub(in crate::channel) fn is_closed(&self) -> bool {
        self.is_closed.load(Ordering::Acquire)
    }

    /// Closes channels at once: under one lock, so that a subscription which finds one of them closed does not
    /// take another one for open.
    fn close_together(&self, channels: impl FnOnce(&Registry) -> Vec<Arc<ChannelShared>>) {
        let closed = self.with(|registry| {
            let mut closed = channels(registry);
            closed.retain(|channel| !channel.log().is_closed());
            let closed = closed.into_iter().map(|channel| {
                let roster = Feed::tracking(&channel).map(|feed| feed.close());
                registry.change(&channel, Log::close);
                registry.remove(&channel);
                (channel, roster)
            });
            closed.collect::<Vec<_>>()
        });
        for (channel, roster) in closed {
            if let Some((feed, roster)) = Feed::tracking(&channel).zip(roster) {
                feed.end(&roster);
            }
            channel.notify_occupancy();
            channel.subscribers.wake_all();
        }
    }

    /// Returns `true` if no channel is open for publishers.
    pub(in crate::channel) fn are_closed<'a, I>(&self, channels: impl Fn() -> I) -> bool
    where
        I: Iterator<Item = &'a Arc<ChannelShared>>,
    {
        let are_closed = || channels().all(|channel| is_closed(channel));
        // The second time under the lock: the hub may be about to close them.
        are_closed() || self.with(|_| are_closed())
    }
}

fn is_closed(channel: &ChannelShared) -> bool {
    // The log of a feed is closed when all of its names have left.
    channel.tip().is_closed() || Feed::of(channel).is_some_and(|feed| feed.is_closed())
}
