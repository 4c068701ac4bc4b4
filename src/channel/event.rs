use super::epoch::Epoch;
use crate::{BoxError, EncodeEvent, EncodedEvent, Encoder, EventId};

/// An event of a [`Subscription`](super::Subscription).
///
/// It can be sent as it is. A reader within the program finds the bytes that go over the wire and the
/// id.
///
/// Filters, maps, merges and batches may stand between a subscription and its
/// [`EventStream`](crate::EventStream): that the subscription has lagged, and what the channel says by
/// itself ([`NoticePolicy`](super::NoticePolicy)), does not travel in these events. The client of a
/// filter that drops most events has an old id, so it may find a gap where it has missed nothing. To
/// keep clients apart that may see different events, take [`Topics`](super::Topics).
#[derive(Clone, Debug)]
#[must_use = "an event does nothing until it is sent"]
pub struct ChannelEvent {
    event: EncodedEvent,
    /// The number that the channel has given it. Without one the id is in the event.
    number: Option<(Epoch, u64)>,
}

impl ChannelEvent {
    /// Makes the event that was published with this number.
    pub(super) fn published(event: EncodedEvent, epoch: Epoch, number: u64) -> Self {
        let number = Some((epoch, number));
        Self { event, number }
    }

    /// Makes an event from elsewhere, which may have an id.
    pub(super) fn other(event: EncodedEvent) -> Self {
        let number = None;
        Self { event, number }
    }

    /// Returns the event as it is sent.
    pub fn encoded(&self) -> &EncodedEvent {
        &self.event
    }

    /// Returns the id: for a published event the one that the channel has given it, for any other
    /// ([`GapPolicy::backfill`](super::GapPolicy::backfill),
    /// [`start_with`](super::Subscription::start_with), a notice) the one that it is sent with.
    pub fn id(&self) -> Option<EventId> {
        match self.number {
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
