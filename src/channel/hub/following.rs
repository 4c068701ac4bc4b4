//! Appending the records of a store's tail to the logs of a hub.

use std::sync::Arc;

use super::{
    change_entry::{SubscribersChange, is_change},
    event_forms::EventForms,
    registry::Registry,
    shared::HubShared,
};
use crate::{
    EncodedEvent,
    channel::{
        ChannelError, numbered::Unnumbered, presence::PresenceMessage, shared::ChannelShared,
    },
    store::{EntryKind, Epoch, StoredEntry, Topic},
    sync::atomic::Ordering,
};

impl HubShared {
    /// Begins an epoch after a position. Open subscriptions end: their positions are of another one.
    pub(super) fn begin_epoch(self: &Arc<Self>, epoch: Epoch, base: u64) {
        if let Some(node) = &self.node {
            node.restart();
        }
        self.with(|registry| {
            // The epoch first: see `Reader::is_superseded`.
            self.set_epoch(epoch);
            self.published.store(base, Ordering::Release);
            registry.restart_after(base);
        });
        self.note_progress(true);
    }

    /// Goes on from a position: the records between it and that of the hub were missed.
    pub(super) fn skip_hole(self: &Arc<Self>, base: u64) {
        // Before the position: what is behind the hole may be for clients that have a channel no longer.
        self.end_changing();
        self.with(|registry| {
            registry.drop_stored(base);
            let position = self.published().max(base);
            self.move_to(registry, position);
        });
        self.note_progress(true);
    }

    /// Notes that the store has recorded a loss at a position, which the hub may not have reached yet.
    pub(super) fn note_lost(self: &Arc<Self>, at: u64) {
        if let Some(node) = &self.node {
            node.note_lost(at);
        }
        self.advance(self.published());
    }

    /// Moves to the position of a record that has no event.
    pub(super) fn advance(self: &Arc<Self>, to: u64) {
        let has_lost = self.with(|registry| self.move_to(registry, to));
        self.note_progress(has_lost);
    }

    /// Appends an entry to the logs of its channels.
    pub(super) fn append_entry(self: &Arc<Self>, stored: &StoredEntry) {
        let number = stored.position.get();
        let entry = &stored.entry;
        if entry.topics().iter().any(is_change) {
            self.apply_change(entry.bytes(), number);
            return self.advance(number);
        }
        if entry.topics().iter().any(PresenceMessage::is_topic) {
            self.apply_presence(entry.bytes());
            return self.advance(number);
        }
        let topics = entry.topics().iter().zip(&stored.topic_before);
        let channels: Vec<_> = topics
            .filter_map(|(topic, before)| Some((self.channel_of(topic, number)?, before.get())))
            .collect();
        let event = EncodedEvent::from_wire(entry.bytes().clone()).map(Unnumbered::new);
        let event = event.map(|event| {
            let channels = channels.iter().map(|(channel, _)| &**channel);
            EventForms::new(event, self.epoch(), number, channels)
        });
        let has_lost = self.with(|registry| {
            for (channel, before) in &channels {
                if !registry.has(channel) {
                    // It was closed just now. Another one of its name does not have the event.
                    registry.leave_out(&channel.name, number);
                }
                self.append_to(
                    registry,
                    channel,
                    *before,
                    number,
                    entry.kind(),
                    event.as_ref(),
                );
            }
            registry.evict_to(self.options.max_bytes);
            self.move_to(registry, number)
        });
        for (channel, _) in &channels {
            channel.subscribers.wake_all();
        }
        self.note_progress(has_lost);
    }

    /// Changes the open subscriptions that a change is about.
    fn apply_change(self: &Arc<Self>, bytes: &[u8], at: u64) {
        match SubscribersChange::decode(bytes) {
            Some(SubscribersChange::Add { name, start }) => {
                // The node that has made the change has checked the channel. Here there may be no room for it:
                // then it is not in the open subscriptions, and their clients get it when they reconnect.
                let channel = Arc::clone(&start.name);
                let _ = self.add_to_subscribers(&name, start, Some(at));
                let channel = self.find(&channel);
                if let Some(channel) = channel.filter(|one| one.subscribers.count() > 0) {
                    self.load(&channel);
                }
            }
            Some(SubscribersChange::Remove { name, channel }) => {
                self.remove_from_subscribers(&name, &channel, Some(at));
            }
            None => {}
        }
    }

    /// Returns the channel of a topic. `None` if the hub has no room for it, or cannot have it.
    fn channel_of(&self, topic: &Topic, number: u64) -> Option<Arc<ChannelShared>> {
        match self.any_channel(topic.as_str()) {
            Ok(channel) => Some(channel),
            Err(ChannelError::TooMany { .. }) => {
                let name: Arc<str> = Arc::from(topic.as_str());
                self.with(|registry| registry.leave_out(&name, number));
                None
            }
            Err(_) => None,
        }
    }

    fn append_to(
        &self,
        registry: &mut Registry,
        channel: &Arc<ChannelShared>,
        before: u64,
        number: u64,
        kind: &EntryKind,
        event: Option<&EventForms>,
    ) {
        if let Some(key) = kind.key() {
            let event = event.map(|event| event.keyed(channel.options.has_ids));
            let event = match kind {
                EntryKind::Keyed(_) if event.is_none() => return,
                EntryKind::Keyed(_) => event,
                _ => None,
            };
            return registry.change(channel, |log| log.apply_key(number, key, event));
        }
        let Some(event) = event.filter(|_| channel.options.keyed.is_none()) else {
            return;
        };
        let floor = self.lost();
        registry.change(channel, |log| {
            if *kind == EntryKind::Window {
                log.begin_no_later_than(before.max(floor));
            }
        });
        let event = event.window(channel.options.has_ids);
        registry.append(channel, [(number, event)].into_iter(), self.timer.now());
    }

    /// Publishes everything up to this number. Returns `true` if that counts events as lost.
    fn move_to(&self, registry: &mut Registry, number: u64) -> bool {
        let lost = self.node.as_ref().and_then(|node| node.take_lost(number));
        if let Some(lost) = lost {
            registry.evict_through(lost);
        }
        self.published.fetch_max(number, Ordering::AcqRel);
        lost.is_some()
    }

    /// Wakes what waits for a position, or all subscribers if events of any channel may be gone.
    pub(super) fn note_progress(self: &Arc<Self>, has_lost: bool) {
        if has_lost {
            self.end_changing();
            for channel in self.with(|registry| registry.channels()) {
                if channel.subscribers.count() > 0 {
                    self.load(&channel);
                }
                channel.subscribers.wake_all();
            }
        }
        if let Some(node) = &self.node {
            node.set_applied(self.published());
        }
    }
}
