//! Loading the keys of a keyed channel from the store of its hub.

use std::{
    pin::pin,
    sync::{Arc, Weak},
    time::Duration,
};

use futures_util::future::select;

use super::{event_forms::EventForms, node::Node, shared::HubShared, stop::Stop};
use crate::{
    EncodedEvent,
    channel::{
        keyed_log::{KeyedEvent, KeyedLog},
        numbered::Unnumbered,
        shared::ChannelShared,
    },
    store::{EntryKind, Page, StoredEntry, Topic},
};

/// The pause after the store could not be read.
const PAUSE: Duration = Duration::from_secs(1);

impl HubShared {
    /// Begins to load a keyed channel, if it is not loaded and nothing loads it.
    pub(super) fn load(self: &Arc<Self>, channel: &Arc<ChannelShared>) {
        let is_needed = |node: &&Node| !node.stop.is_stopped() && !is_loaded(channel);
        let Some(node) = self.node.as_ref().filter(is_needed) else {
            return;
        };
        let number = node.draw_load();
        let begins = self.with(|registry| registry.change(channel, |log| log.begin_load(number)));
        if begins {
            let load = Loading {
                hub: Arc::downgrade(self),
                channel: Arc::downgrade(channel),
                number,
                stop: node.stop.clone(),
            };
            node.executor.spawn(load.run());
        }
    }

    /// Waits until a channel is loaded. Returns `false` if the store cannot be read in time.
    pub(in crate::channel) async fn loaded(self: &Arc<Self>, channel: &Arc<ChannelShared>) -> bool {
        let Some(node) = &self.node else {
            return true;
        };
        let is_loaded = || {
            // Again, because it may have been unloaded since.
            self.load(channel);
            is_loaded(channel)
        };
        node.wait_until(&self.timer, is_loaded).await
    }

    /// Returns the event of a key. `None` for a removal, or if the store has something else.
    fn event_of(&self, channel: &ChannelShared, stored: &StoredEntry) -> Option<KeyedEvent> {
        let entry = Some(&stored.entry).filter(|one| matches!(one.kind(), EntryKind::Keyed(_)))?;
        let event = Unnumbered::new(EncodedEvent::from_wire(entry.bytes().clone())?);
        let (epoch, number) = (self.epoch(), stored.position.get());
        let forms = EventForms::new(event, epoch, number, std::iter::once(channel));
        Some(forms.keyed(channel.options.has_ids))
    }

    /// Applies a page of a keyed channel.
    fn apply_page(&self, channel: &Arc<ChannelShared>, load: u64, entries: &[StoredEntry]) {
        let changes: Vec<_> = entries
            .iter()
            .filter_map(|stored| {
                let event = self.event_of(channel, stored);
                let kind = stored.entry.kind();
                let is_change = event.is_some() || matches!(kind, EntryKind::Removal(_));
                let key = kind.key().filter(|_| is_change)?;
                Some((stored.position.get(), key, event))
            })
            .collect();
        self.with(|registry| {
            registry.change(channel, |log| {
                if !log.as_keyed().is_some_and(|keyed| keyed.is_loading(load)) {
                    return;
                }
                for (number, key, event) in changes {
                    log.apply_key(number, key, event);
                }
            });
        });
    }
}

/// A load of a keyed channel.
struct Loading {
    hub: Weak<HubShared>,
    channel: Weak<ChannelShared>,
    /// The number by which a channel knows its last load.
    number: u64,
    stop: Stop,
}

impl Loading {
    async fn run(self) {
        let stopped = self.stop.clone().stopped();
        select(pin!(self.read_all()), pin!(stopped)).await;
    }

    async fn read_all(&self) {
        let (mut after, mut dropped) = (0, 0);
        while let Some((hub, channel)) = self.upgrade() {
            let topic = Topic::from(Arc::clone(&channel.name));
            let upto = hub.published();
            let topics = vec![topic.clone()];
            let Some(page) = hub.fetch(topics, after, hub.epoch(), upto) else {
                return;
            };
            let timer = hub.timer.clone();
            // Nothing is kept while the store is read.
            drop((hub, channel));
            let Some(page) = page.await else {
                timer.sleep(PAUSE).await;
                continue;
            };
            dropped = dropped.max(page.start(&topic).get());
            after = page.upto.get();
            if self.apply(&page, dropped, after >= upto) {
                return;
            }
        }
    }

    /// Applies a page. Returns `true` if there is nothing left to do.
    fn apply(&self, page: &Page, dropped: u64, is_last: bool) -> bool {
        let Some((hub, channel)) = self.upgrade() else {
            return true;
        };
        hub.apply_page(&channel, self.number, &page.entries);
        if is_last {
            // The store does not show which changes it has lost.
            let dropped = dropped.max(hub.lost());
            hub.with(|registry| {
                registry.change(&channel, |log| {
                    if log
                        .as_keyed()
                        .is_some_and(|keyed| keyed.is_loading(self.number))
                    {
                        log.end_load(dropped);
                    }
                });
            });
            channel.subscribers.wake_all();
            hub.node.iter().for_each(|node| node.notify());
        }
        is_last
    }

    /// Returns the hub and the channel, unless a later load has begun.
    fn upgrade(&self) -> Option<(Arc<HubShared>, Arc<ChannelShared>)> {
        let (hub, channel) = (self.hub.upgrade()?, self.channel.upgrade()?);
        let is_current = {
            let log = channel.log();
            let keyed = log.as_keyed();
            keyed.is_some_and(|keyed| keyed.is_loading(self.number))
        };
        (is_current && !hub.is_closed()).then_some((hub, channel))
    }
}

impl Drop for Loading {
    fn drop(&mut self) {
        let (Some(hub), Some(channel)) = (self.hub.upgrade(), self.channel.upgrade()) else {
            return;
        };
        // An executor may have dropped the task.
        hub.with(|registry| registry.change(&channel, |log| log.abandon_load(self.number)));
    }
}

fn is_loaded(channel: &ChannelShared) -> bool {
    let log = channel.log();
    log.as_keyed().is_none_or(KeyedLog::is_loaded)
}
