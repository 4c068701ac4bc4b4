use super::epoch::Epoch;
use crate::{BoxError, CloseReason, EncodeEvent, EncodedEvent, Encoder, EventId, encode::Noted};

/// What a [`Subscription`](super::Subscription) yields: an event of its channel.
///
/// It can be sent as it is. Whoever reads it within the program finds the bytes that go over the
/// wire, the id, and what was missed before it.
///
/// A filter between subscription and stream lets pass what has no [`id`](Self::id), and a type of
/// yours around it calls its [`encode`](EncodeEvent::encode): by these the stream knows of a lag, and
/// without them it counts as completed. A filter finds bytes alone, for all is encoded; and the client
/// of one that lets little pass has an old id, so it may find a gap where it has missed nothing. Who may
/// see what is better told apart by [`Topics`](super::Topics).
#[derive(Clone, Debug)]
#[must_use = "an event does nothing until it is sent"]
pub struct ChannelEvent {
    pub(super) kind: Kind,
    pub(super) missed: u64,
}

#[derive(Clone, Debug)]
pub(super) enum Kind {
    Event(EncodedEvent, Epoch, u64),
    /// One that has no number of the channel's.
    Other(EncodedEvent),
    /// Nothing follows, for this reason.
    End(CloseReason),
    /// Nothing but that something was missed.
    Missed,
}

impl ChannelEvent {
    /// Returns the event as it is sent. `None` if this says only why the subscription ends
    /// ([`Lag::end`](super::Lag::end)), or that something was [`missed`](Self::missed).
    pub fn encoded(&self) -> Option<&EncodedEvent> {
        match &self.kind {
            Kind::Event(event, ..) | Kind::Other(event) => Some(event),
            Kind::End(_) | Kind::Missed => None,
        }
    }

    /// Returns the id that the channel has given it. `None` for what was not published just so: a
    /// checkpoint, a notice of a gap or of a lag, a snapshot, what
    /// [`OnGap::fill`](super::OnGap::fill) has found. Most of them are sent with an id none the less.
    pub fn id(&self) -> Option<EventId> {
        match self.kind {
            Kind::Event(_, epoch, number) => Some(epoch.id(number)),
            Kind::Other(_) | Kind::End(_) | Kind::Missed => None,
        }
    }

    /// Returns how many events before this one were missed, because the subscriber had fallen off
    /// the log.
    pub fn missed(&self) -> u64 {
        self.missed
    }
}

impl EncodeEvent for ChannelEvent {
    fn encode(&self, encoder: &mut Encoder) -> Result<(), BoxError> {
        if self.missed > 0 {
            encoder.note(Noted::Missed(self.missed));
        }
        match &self.kind {
            Kind::Event(event, ..) | Kind::Other(event) => drop(encoder.encoded(event)),
            Kind::End(reason) => encoder.note(Noted::End(*reason)),
            Kind::Missed => {}
        }
        Ok(())
    }

    fn is_resumable() -> bool {
        true
    }
}
