//! Events that a client does not get.

use std::sync::Arc;

use crate::channel::{ChannelEvent, EventRef, shared::ChannelShared};

/// The most events that are hidden before the client gets a checkpoint.
const MAX_HIDDEN: usize = 256;

/// A filter of a subscription, and how far its client's id has fallen behind.
pub(super) struct Filter {
    accept: Box<dyn FnMut(EventRef<'_>) -> bool + Send>,
    /// The number of hidden events since the last one with an id, or the last checkpoint.
    hidden: usize,
    /// The position of the last id that the client got.
    sent: u64,
}

impl Filter {
    pub(super) fn new(
        accept: impl FnMut(EventRef<'_>) -> bool + Send + 'static,
        position: u64,
    ) -> Self {
        Self {
            accept: Box::new(accept),
            hidden: 0,
            sent: position,
        }
    }

    /// Returns `true` if the client gets the event. The position is that after it.
    pub(super) fn accepts(
        &mut self,
        channel: &ChannelShared,
        key: Option<&str>,
        event: &ChannelEvent,
        position: u64,
    ) -> bool {
        let accepts = (self.accept)(EventRef::new(&channel.name, key, event.encoded()));
        match accepts {
            true if event.has_number() => self.reset(position),
            true => {}
            false => self.hidden += usize::from(event.has_number() || key.is_some()),
        }
        accepts
    }

    /// Returns `true` if the client should get a checkpoint: with the id that it has it could soon find a
    /// gap, though it was not to get the events. The last hidden event was of this channel.
    pub(super) fn needs_checkpoint(&self, channel: &Arc<ChannelShared>) -> bool {
        let max = (channel.options.bounds.max_events / 2).clamp(1, MAX_HIDDEN);
        self.hidden >= max || self.hidden > 0 && channel.log().evicted() > self.sent
    }

    /// Counts from this position, whose id the client gets.
    pub(super) fn reset(&mut self, position: u64) {
        (self.hidden, self.sent) = (0, position);
    }
}
