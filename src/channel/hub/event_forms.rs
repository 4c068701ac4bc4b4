//! An event of a store in the forms that subscriptions need.

use crate::{
    EncodedEvent,
    channel::{keyed_log::KeyedEvent, numbered::Unnumbered, shared::ChannelShared},
    store::Epoch,
};

/// An event of a store: without an id, and with each id that its channels need.
pub(super) struct EventForms {
    with_id: Option<EncodedEvent>,
    with_keyed_id: Option<EncodedEvent>,
    without_id: EncodedEvent,
}

impl EventForms {
    pub(super) fn new<'a>(
        event: Unnumbered,
        epoch: Epoch,
        number: u64,
        channels: impl Iterator<Item = &'a ChannelShared> + Clone,
    ) -> Self {
        let mut with_ids = channels.filter(|channel| channel.options.has_ids);
        let is_keyed = |channel: &ChannelShared| channel.options.keyed.is_some();
        let needs_keyed = with_ids.clone().any(is_keyed);
        let needs_window = with_ids.any(|channel| !is_keyed(channel));
        Self {
            with_id: needs_window.then(|| event.with_id(&epoch.id(number))),
            with_keyed_id: needs_keyed.then(|| event.with_id(&epoch.keyed_id(number))),
            without_id: event.into_event(),
        }
    }

    pub(super) fn window(&self, has_ids: bool) -> EncodedEvent {
        let with_id = self.with_id.as_ref().filter(|_| has_ids);
        with_id.unwrap_or(&self.without_id).clone()
    }

    pub(super) fn keyed(&self, has_ids: bool) -> KeyedEvent {
        KeyedEvent {
            without_id: self.without_id.clone(),
            with_id: self.with_keyed_id.clone().filter(|_| has_ids),
        }
    }
}
