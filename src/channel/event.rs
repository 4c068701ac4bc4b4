//! The items of a subscription.

use crate::{BoxError, EncodeEvent, EncodedEvent, Encoder, EventId, store::Epoch};

/// An event of a [`Subscription`](super::Subscription).
///
/// It can be sent as it is. A reader within the program can get its bytes, as they go over the wire,
/// and its id.
///
/// Filters, maps, merges and batches may stand between a subscription and its
/// [`EventStream`](crate::EventStream): lags and notices ([`NoticePolicy`](super::NoticePolicy)) are
/// reported to the stream directly, not in these events. If a filter between the two drops most events,
/// its client has an old id, so it may find a gap although it has missed nothing:
/// [`Subscription::filter_events`](super::Subscription::filter_events) does not have this disadvantage. To
/// separate clients that may see different events, use channels of a [`Hub`](super::Hub).
#[derive(Clone, Debug)]
#[must_use = "an event does nothing until it is sent"]
pub struct ChannelEvent {
    event: EncodedEvent,
    /// The number that the channel has assigned. Without one the id is in the event. (The id of a
    /// number is made only when it is asked for, so that a subscriber does not pay for it.)
    number: Option<(Epoch, u64)>,
    is_keyed: bool,
}

impl ChannelEvent {
    /// Makes the event that was published with this number.
    pub(super) fn published(event: EncodedEvent, epoch: Epoch, number: u64) -> Self {
        Self {
            event,
            number: Some((epoch, number)),
            is_keyed: false,
        }
    }

    /// Makes the event that was published with this number in a keyed channel.
    pub(super) fn keyed(event: EncodedEvent, epoch: Epoch, number: u64) -> Self {
        Self {
            is_keyed: true,
            ..Self::published(event, epoch, number)
        }
    }

    /// Makes an event from elsewhere, which may have an id.
    pub(super) fn from_encoded(event: EncodedEvent) -> Self {
        Self {
            event,
            number: None,
            is_keyed: false,
        }
    }

    /// Returns `true` if a channel has assigned the event a number, and the client gets it as an id.
    pub(crate) fn has_number(&self) -> bool {
        self.number.is_some()
    }

    /// Returns the encoded event.
    pub fn encoded(&self) -> &EncodedEvent {
        &self.event
    }

    /// Returns the id of the event.
    ///
    /// For a published event it is the id that the channel has assigned. For any other event
    /// ([`start_with`](super::Subscription::start_with), a notice) it is the id that is sent with it.
    pub fn id(&self) -> Option<EventId> {
        match self.number {
            Some((epoch, number)) if self.is_keyed => Some(epoch.keyed_id(number)),
            Some((epoch, number)) => Some(epoch.id(number)),
            None => self.event.id(),
        }
    }
}

impl EncodeEvent for ChannelEvent {
    fn encode(&self, encoder: &mut Encoder) -> Result<(), BoxError> {
        encoder.encoded(&self.event);
        Ok(())
    }

    fn is_resumable() -> bool {
        true
    }
}

impl From<ChannelEvent> for EncodedEvent {
    fn from(event: ChannelEvent) -> Self {
        event.event
    }
}
