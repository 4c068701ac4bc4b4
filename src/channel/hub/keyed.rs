//! Publishing in keyed channels.

use std::sync::Arc;

use super::{registry::Registry, shared::HubShared};
use crate::{
    channel::{
        ChannelError, PublishError, key_policy::KeyAction, keyed_log::KeyedEvent,
        numbered::Unnumbered, shared::ChannelShared,
    },
    sync::atomic::Ordering,
};

impl HubShared {
    /// Numbers an event, and makes it the newest of its key in a keyed channel. Returns its number.
    pub(in crate::channel) fn append_keyed(
        &self,
        channel: &Arc<ChannelShared>,
        key: Arc<str>,
        event: &Unnumbered,
    ) -> Result<u64, PublishError> {
        channel.log().check_open()?;
        let draft = event.draft_keyed(self.epoch(), self.published() + 1);
        let without_id = event.draft_without_id().finish(0);
        let has_ids = channel.options.has_ids;
        let with_id = if has_ids { draft.len() } else { 0 };
        let len = key.len() + without_id.as_bytes().len() + with_id;
        self.with(|registry| {
            channel.log().check_open()?;
            let last = self.make_room_for_key(registry, channel, &key, len)?;
            let number = last + 1;
            let with_id = has_ids.then(|| draft.finish(number));
            let event = KeyedEvent {
                without_id,
                with_id,
            };
            registry.change(channel, |log| {
                if let Some(keyed) = log.change_keyed(number) {
                    keyed.insert(number, key, event);
                }
            });
            registry.evict_to(self.options.max_bytes);
            self.published.store(number, Ordering::Release);
            Ok(number)
        })
    }

    /// Removes other keys until there is room for an event of this length with its key, if the policy says
    /// so. Returns the last number.
    fn make_room_for_key(
        &self,
        registry: &mut Registry,
        channel: &Arc<ChannelShared>,
        key: &str,
        len: usize,
    ) -> Result<u64, PublishError> {
        let mut last = self.published();
        for key in self.keys_to_remove(registry, channel, key, len)? {
            last += 1;
            remove_key(registry, channel, last, &key);
        }
        Ok(last)
    }

    /// Returns the keys that have to be removed to make room for an event of this length with its key. Fails if
    /// the policy does not allow it.
    pub(super) fn keys_to_remove(
        &self,
        registry: &Registry,
        channel: &Arc<ChannelShared>,
        key: &str,
        len: usize,
    ) -> Result<Vec<Arc<str>>, PublishError> {
        let bounds = channel.options.bounds;
        let keyed = channel.options.keyed.clone().unwrap_or_default();
        let max_bytes = bounds.max_bytes.min(self.options.max_bytes);
        if len > max_bytes {
            let max = max_bytes;
            return Err(PublishError::TooLarge { len, max });
        }
        let mut removals = Vec::new();
        let log = channel.log();
        let Some(live) = log.as_keyed() else {
            return Err(PublishError::Channel(ChannelError::NotKeyed));
        };
        let (mut keys, mut bytes) = (live.len() + 1, live.live_bytes() + len);
        (keys, bytes) = (
            keys - usize::from(live.is_live(key)),
            bytes - live.bytes_of(key),
        );
        let others = registry.pinned_bytes().saturating_sub(live.live_bytes());
        let mut oldest = live.keys().filter(|other| &***other != key);
        while keys > keyed.max_keys
            || bytes > bounds.max_bytes
            || others + bytes > self.options.max_bytes
        {
            let removes = keyed.policy.0 == KeyAction::RemoveOldest;
            let Some(oldest) = oldest.next().filter(|_| removes) else {
                return Err(PublishError::Full);
            };
            (keys, bytes) = (keys - 1, bytes - live.bytes_of(oldest));
            removals.push(Arc::clone(oldest));
        }
        Ok(removals)
    }

    /// Removes a key of a keyed channel. Returns the number of the removal, or `None` if there is no such
    /// key.
    pub(in crate::channel) fn remove_key(
        &self,
        channel: &Arc<ChannelShared>,
        key: &str,
    ) -> Result<Option<u64>, PublishError> {
        self.with(|registry| {
            channel.log().check_open()?;
            let is_live = channel
                .log()
                .as_keyed()
                .is_some_and(|keyed| keyed.is_live(key));
            if !is_live {
                return Ok(None);
            }
            let number = self.published() + 1;
            remove_key(registry, channel, number, key);
            self.published.store(number, Ordering::Release);
            Ok(Some(number))
        })
    }
}

fn remove_key(registry: &mut Registry, channel: &Arc<ChannelShared>, number: u64, key: &str) {
    registry.change(channel, |log| log.remove_key(number, key));
}
