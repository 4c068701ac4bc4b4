//! Clients that resume after an event that the channel does not have.

use std::{fmt, sync::Arc};

use super::notice::Notice;
use crate::{EventId, store::Epoch};

/// A gap between the last event of a client that resumes and the events that the channel retains.
///
/// There is one if the channel does not know the client's id, or no longer retains the event after it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Gap {
    /// The id that the client has sent. It may be any valid id.
    pub last_event_id: EventId,
    /// `true` if this channel has assigned the id, to an event that is no longer retained.
    ///
    /// Otherwise the id is from before a restart, from another channel, or made up (such as a number that
    /// is yet to be assigned).
    pub is_known: bool,
    /// The id of the oldest event after the gap that the channel retains, if there is one. In a hub over a store,
    /// that is the oldest one in the memory of this hub.
    pub oldest: Option<EventId>,
    /// The id of the event with which the channel continues after the gap: [`oldest`](Self::oldest), or an id
    /// that is not above that of the next event.
    pub until: EventId,
    /// The name of the channel in its hub. It is empty for a channel that is a hub of its own.
    pub channel: Arc<str>,
    /// The number up to which events are lost.
    pub(super) lost: u64,
    /// The index of the first event after them.
    pub(super) next_index: u64,
}

/// The events of a channel that a subscriber cannot get any more. Read at once, because what is evicted
/// later is a lag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Lost {
    /// The number of the last of them.
    pub(super) number: u64,
    /// The number of the oldest event that is held.
    pub(super) oldest: Option<u64>,
    /// The index of the first event after them.
    pub(super) next_index: u64,
}

/// The policy for a client that resumes and has a [`Gap`].
///
/// By default the client gets a notice of the gap and then all retained events
/// ([`notify`](Self::notify)). Not every client gets the notice: see
/// [`NoticePolicy`](super::NoticePolicy).
///
/// ```
/// use futures_util::{FutureExt, StreamExt};
/// use tower_sse::{Channel, ChannelOptions, Event, EventId, GapPolicy, LastEventId};
///
/// # #[cfg(feature = "tokio")]
/// # fn main() -> Result<(), tower_sse::BoxError> {
/// let unknown = LastEventId::new(EventId::from_static("other-7"));
/// let next = |policy| {
///     let news: Channel = Channel::new(ChannelOptions::new().gap_policy(policy));
///     news.publish(Event::new("one"))?;
///     Ok::<_, tower_sse::BoxError>(news.resume(unknown.as_ref()).next().now_or_never().flatten())
/// };
/// let event = next(GapPolicy::notify())?.unwrap();
/// assert!(event.encoded().as_bytes().starts_with(b"data: one\n"));
/// assert!(next(GapPolicy::live())?.is_none());
/// # Ok(())
/// # }
/// # #[cfg(not(feature = "tokio"))] fn main() {}
/// ```
#[derive(Clone, Default)]
#[must_use = "it does nothing until a channel has it"]
pub struct GapPolicy(pub(super) GapAction);

#[derive(Clone, Copy, Default)]
pub(super) enum GapAction {
    #[default]
    Notify,
    Live,
}

impl GapPolicy {
    /// Sends a notice of the gap, and continues with the oldest retained event. This is the default.
    ///
    /// In a hub over a store it depends on the client's id which event that is:
    ///
    /// - After an id of this store, it is the oldest event that the client has not got and that the store or the
    ///   memory of the hub still has.
    /// - After an unknown id, such as one from before the store was emptied, it is the oldest event in the memory
    ///   of the hub, which a client meets at this node. Another node may have more or fewer events in memory.
    ///
    /// The notice is an event named `gap`, whose data is the id of that event (empty if none is retained, or if
    /// a hub over a store has not read that far). A page that gets it has missed events, and should load its
    /// state again.
    ///
    /// By default a client that does not name `text/event-stream` in a GET or QUERY gets no notice, and
    /// without [`SseLayer`](crate::SseLayer) around the stream no client does: for these clients the gap
    /// is silent. [`NoticePolicy`](super::NoticePolicy) changes that.
    pub fn notify() -> Self {
        Self(GapAction::Notify)
    }

    /// Continues with the next published event. The only notice is the checkpoint of a first visit.
    pub fn live() -> Self {
        Self(GapAction::Live)
    }
}

impl Gap {
    /// Makes a gap of lost events. It ends with the oldest event that is held, or after
    /// everything that was published.
    pub(super) fn new(
        last_event_id: EventId,
        is_known: bool,
        channel: Arc<str>,
        (epoch, published): (Epoch, u64),
        lost: Lost,
    ) -> Self {
        // Lost may be what a hub over a store has not read yet.
        let until = epoch.id(lost.oldest.unwrap_or(published.max(lost.number) + 1));
        Self {
            last_event_id,
            is_known,
            oldest: lost.oldest.map(|_| until.clone()),
            until,
            channel,
            lost: lost.number,
            next_index: lost.next_index,
        }
    }

    pub(super) fn as_notice(&self) -> Notice<'_> {
        Notice::Gap(self.oldest.as_ref(), &self.channel)
    }
}

impl fmt::Debug for GapPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            GapAction::Notify => "GapPolicy(notify)",
            GapAction::Live => "GapPolicy(live)",
        })
    }
}
