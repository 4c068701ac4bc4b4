//! Clients that resume after an event that the channel does not have.

use std::{fmt, sync::Arc};

use futures_util::{Stream, StreamExt, stream::BoxStream};

use super::notice::Notice;
use crate::{BoxError, EncodedEvent, Event, EventId, EventItem, store::Epoch};

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
    /// The id of the oldest retained event, if there is one.
    pub oldest: Option<EventId>,
    /// The id of the event with which the log continues after the gap: the oldest retained event, or the
    /// next one to be published.
    pub until: EventId,
    /// The name of the channel in its hub. It is empty for a channel that is a hub of its own.
    pub channel: Arc<str>,
    /// The number of `until`.
    pub(super) next_number: u64,
    /// The number up to which events are lost.
    pub(super) lost: u64,
    /// The index of the first event after them.
    pub(super) next_index: u64,
    epoch: Epoch,
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
#[derive(Clone, Default)]
#[must_use = "it does nothing until a channel has it"]
pub struct GapPolicy(pub(super) GapAction);

#[derive(Clone, Default)]
pub(super) enum GapAction {
    #[default]
    Notify,
    Live,
    Backfill(StartBackfill),
}

type StartBackfill = Arc<dyn Fn(Gap) -> BackfillStream + Send + Sync>;

/// The events sent in place of the missing ones.
pub(super) type BackfillStream = BoxStream<'static, Result<EncodedEvent, BoxError>>;

impl GapPolicy {
    /// Sends a notice of the gap, and continues with the oldest retained event. This is the default.
    ///
    /// The notice is an event named `gap`, whose data is the id of that event (empty if none is
    /// retained). A page that gets it has missed events, and should load its state again.
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

    /// Sends the missing events from a store of your own, and continues with the oldest retained event.
    ///
    /// For a client to resume with no loss and no duplicates:
    ///
    /// - The closure returns all events that were published after [`Gap::last_event_id`], with their
    ///   published ids. It stops before [`Gap::until`]: from that event on the channel itself sends them, and
    ///   the store may not have them yet. Compare ids for equality, because they do not sort by their
    ///   numbers.
    /// - Store each event before its publication, with
    ///   [`publish_with`](super::Channel::publish_with).
    /// - If the store does not know the id either, return [`Gap::notice_event`], which notifies the client
    ///   that it has missed events.
    /// - A client that has seen no event yet resumes with the id of its checkpoint. In a channel without
    ///   events that is the [`last_id`](super::Channel::last_id) that the channel began with, which
    ///   belongs to no event. Store that id, too.
    /// - The client may send any id. In a [`Hub`](super::Hub), give each channel a closure of its own
    ///   ([`HubOptions::each`](super::HubOptions::each)), so that no client finds the events of another
    ///   channel. In a subscription of several channels, this policy behaves as
    ///   [`notify`](Self::notify).
    ///
    /// The example [`resume`](https://docs.rs/crate/tower-sse/latest/source/examples/resume/) has a
    /// store.
    ///
    /// If the channel has evicted the event `until` by the time the backfill has been sent, the closure is
    /// called once more, for the events in between. An error ends the stream
    /// ([`CloseReason::Failed`](crate::CloseReason::Failed), with the error's text in
    /// [`StreamSummary::error`](crate::StreamSummary::error)), and the client resumes with the last id
    /// that it got, after [`FinalEvents::failure`](crate::FinalEvents::failure) if that is set. The error is
    /// not passed to [`EventStream::error_event`](crate::EventStream::error_event).
    pub fn backfill<F, S>(backfill: F) -> Self
    where
        F: Fn(Gap) -> S + Send + Sync + 'static,
        S: Stream + Send + 'static,
        S::Item: EventItem,
    {
        let encode = |item: S::Item| EncodedEvent::new(&item.into_result()?);
        Self(GapAction::Backfill(Arc::new(move |gap| {
            backfill(gap).map(encode).boxed()
        })))
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
        let next_number = lost.oldest.unwrap_or(published + 1);
        let until = epoch.id(next_number);
        Self {
            last_event_id,
            is_known,
            oldest: lost.oldest.map(|_| until.clone()),
            until,
            channel,
            next_number,
            lost: lost.number,
            next_index: lost.next_index,
            epoch,
        }
    }

    /// Returns an event named `gap` that reports the gap, for a [`GapPolicy::backfill`] whose store does
    /// not have the events.
    ///
    /// It has the id of the position before [`until`](Self::until), so that the client does not come back
    /// with the same gap. It must therefore be the last event of the backfill. It is sent to all clients,
    /// whatever the [`NoticePolicy`](super::NoticePolicy).
    pub fn notice_event(&self) -> Event {
        let before = self.epoch.id(self.next_number - 1);
        self.as_notice().event().id(before)
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
            GapAction::Backfill(_) => "GapPolicy(backfill)",
        })
    }
}
