//! Publishing: numbers are assigned, and events appended to the logs of their channels.

use std::{sync::Arc, time::Instant};

use super::{registry::Registry, shared::HubShared};
use crate::{
    channel::{
        PublishError,
        numbered::{Draft, Unnumbered, check_size},
        shared::ChannelShared,
    },
    sync::atomic::Ordering,
};

impl HubShared {
    /// Numbers drafts, and appends them to each of these channels. Returns the number of the last. Does
    /// not wake the waiting subscribers.
    pub(in crate::channel) fn append(
        &self,
        channels: &[&Arc<ChannelShared>],
        events: &[Unnumbered],
    ) -> Result<u64, PublishError> {
        check_open(channels)?;
        let drafts = self.draft(channels, events)?;
        let now = self.timer.now();
        self.with(|registry| {
            check_open(channels)?;
            Ok(self.push(registry, channels, drafts, now))
        })
    }

    /// Writes the events with the numbers that they will probably get, if the channels can retain them.
    fn draft(
        &self,
        channels: &[&Arc<ChannelShared>],
        events: &[Unnumbered],
    ) -> Result<Drafts, PublishError> {
        let has_ids = |with: bool| channels.iter().any(|one| one.options.has_ids == with);
        let numbers = self.published() + 1..;
        let drafts = Drafts {
            with_ids: match has_ids(true) {
                true => {
                    let numbered = events.iter().zip(numbers);
                    let draft =
                        |(event, number): (&Unnumbered, _)| event.draft(self.epoch(), number);
                    numbered.map(draft).collect()
                }
                false => Vec::new(),
            },
            without_ids: match has_ids(false) {
                true => events.iter().map(Unnumbered::draft_without_id).collect(),
                false => Vec::new(),
            },
        };
        let mut len = 0usize;
        for channel in channels {
            len += check_size(drafts.of(channel), channel.options.bounds.max_bytes)?;
        }
        let max = self.options.max_bytes;
        match len > max {
            true => Err(PublishError::TooLarge { len, max }),
            false => Ok(drafts),
        }
    }

    fn push(
        &self,
        registry: &mut Registry,
        channels: &[&Arc<ChannelShared>],
        drafts: Drafts,
        now: Instant,
    ) -> u64 {
        let first = self.published() + 1;
        let last = self.published() + drafts.len() as u64;
        let numbered = |drafts: Vec<Draft>| {
            let numbered = drafts.into_iter().zip(first..);
            numbered.map(|(draft, number)| (number, draft.finish(number)))
        };
        match channels {
            // Most often there is one, which needs no list.
            [channel] => {
                let drafts = drafts.into_form(channel.options.has_ids);
                registry.append(channel, numbered(drafts), now);
            }
            _ => {
                let with_ids: Vec<_> = numbered(drafts.with_ids).collect();
                let without_ids: Vec<_> = numbered(drafts.without_ids).collect();
                for channel in channels {
                    let events = match channel.options.has_ids {
                        true => &with_ids,
                        false => &without_ids,
                    };
                    registry.append(channel, events.iter().cloned(), now);
                }
            }
        }
        registry.evict_to(self.options.max_bytes);
        self.published.store(last, Ordering::Release);
        last
    }

    /// Evicts all events, and skips the next number, so that every subscriber has missed an event. Does
    /// nothing if the channel is closed. Does not wake the waiting subscribers.
    pub(in crate::channel) fn clear_and_skip(&self, channel: &Arc<ChannelShared>) {
        self.with(|registry| {
            if channel.log().is_closed() {
                return;
            }
            let number = self.published() + 1;
            registry.change(channel, |log| log.clear_and_skip(number));
            self.published.store(number, Ordering::Release);
        });
    }
}

/// The events of a publication, in the forms that its channels need.
struct Drafts {
    with_ids: Vec<Draft>,
    without_ids: Vec<Draft>,
}

impl Drafts {
    fn len(&self) -> usize {
        self.with_ids.len().max(self.without_ids.len())
    }

    fn into_form(self, has_ids: bool) -> Vec<Draft> {
        match has_ids {
            true => self.with_ids,
            false => self.without_ids,
        }
    }

    fn of(&self, channel: &ChannelShared) -> &[Draft] {
        match channel.options.has_ids {
            true => &self.with_ids,
            false => &self.without_ids,
        }
    }
}

/// Fails if one of the channels is closed.
pub(super) fn check_open(channels: &[&Arc<ChannelShared>]) -> Result<(), PublishError> {
    let mut channels = channels.iter();
    channels.try_for_each(|channel| channel.log().check_open())
}
