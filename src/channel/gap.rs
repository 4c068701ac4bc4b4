use std::{fmt, sync::Arc};

use futures_util::{Stream, StreamExt, stream::BoxStream};

use super::{epoch::Epoch, log::Log, notice::Notice};
use crate::{BoxError, EncodedEvent, Event, EventId, EventItem};

/// A client wants to resume after an event that the channel does not know, or after which something
/// is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Gap {
    /// What the client has sent. It may be anything that is an id.
    pub last_event_id: EventId,
    /// Whether it is an id of this channel, of an event that is not retained any more. Otherwise it is
    /// from before a restart, from another channel, or made up, as a number is that is still to come.
    pub is_known: bool,
    /// The id of the oldest event that is retained, if one is.
    pub oldest: Option<EventId>,
    /// The id of the event with which the log goes on after the gap: the oldest that is retained, or
    /// the next to come.
    pub until: EventId,
    /// The number of the oldest event that is retained, or of the next.
    pub(super) first_number: u64,
    /// The id of the point before.
    id_before: EventId,
}

/// What a client gets that resumes and finds a [`Gap`].
///
/// By default a notice of the gap ([`tell`](Self::notify)), and then all that is retained. Not every
/// client gets the notice: see [`NoticePolicy`](super::NoticePolicy).
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

/// What is sent in place of what is missing.
pub(super) type BackfillStream = BoxStream<'static, Result<EncodedEvent, BoxError>>;

impl GapPolicy {
    /// Sends a notice of the gap, and continues with the oldest event that is retained. This is the
    /// default.
    ///
    /// The notice is an event named `gap`, whose data is the id of that event (empty if none is
    /// retained). A page that gets it has missed something, and loads its state anew.
    ///
    /// By default a client that does not name `text/event-stream` in a GET or QUERY gets no notice, and
    /// neither does any client if no [`SseLayer`](crate::SseLayer) is around the stream: they pass over
    /// the gap in silence. [`NoticePolicy`](super::NoticePolicy) changes that.
    pub fn notify() -> Self {
        Self(GapAction::Notify)
    }

    /// Sends what is published from now on, and no notice but the checkpoint of a first visit.
    pub fn live() -> Self {
        Self(GapAction::Live)
    }

    /// Sends the events that the closure finds, and then the stream from the oldest event that is
    /// retained: for a store of your own, which remembers more than the channel.
    ///
    /// For a client to resume with no loss and no duplicates:
    ///
    /// - The closure returns all events that were published after [`Gap::last_event_id`], with the ids
    ///   that they were published with. It stops before [`Gap::until`], which the store may not have
    ///   yet. Compare ids for equality, because they do not sort by their numbers.
    /// - Store each event before its publication, by [`publish_with`](super::Channel::publish_with).
    /// - If the store does not know the id either, return [`Gap::notice_event`], which tells the client that
    ///   it has missed something.
    /// - A client that has seen no event yet comes back with the id of its checkpoint. In a channel
    ///   without events that is the [`last_id`](super::Channel::last_id) that the channel began with,
    ///   which belongs to no event. Store that id, too.
    /// - The client may send any id. With [`Topics`](super::Topics), give each topic a closure of its
    ///   own ([`each`](super::Topics::each)), so that no client finds the events of another topic.
    ///
    /// The example [`resume`](https://docs.rs/crate/tower-sse/latest/source/examples/resume/) has a
    /// store.
    ///
    /// If the log has evicted that event by the time all has been sent, the closure is called once more,
    /// for the events in between. An error ends the stream
    /// ([`CloseReason::Failed`](crate::CloseReason::Failed), with the error's text in
    /// [`StreamSummary::error`](crate::StreamSummary::error)), and the client comes back with the last
    /// id that it got. The error is not passed to
    /// [`EventStream::error_event`](crate::EventStream::error_event).
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
    /// Makes one at the point where the log begins now.
    pub(super) fn new(last_event_id: EventId, is_known: bool, epoch: Epoch, log: &Log) -> Self {
        let until = epoch.id(log.first_number());
        Self {
            last_event_id,
            is_known,
            oldest: (!log.is_empty()).then(|| until.clone()),
            until,
            first_number: log.first_number(),
            id_before: epoch.id(log.first_number().saturating_sub(1)),
        }
    }

    /// Makes an event named `gap` that reports the gap, for what [`GapPolicy::backfill`] cannot fill. It has
    /// the id of the point before [`until`](Self::until), so that the client does not come back with
    /// the same gap: nothing but the log is to follow it.
    ///
    /// It is sent to all clients, whatever the [`NoticePolicy`](super::NoticePolicy).
    pub fn notice_event(&self) -> Event {
        self.as_notice().event().id(self.id_before.clone())
    }

    pub(super) fn as_notice(&self) -> Notice<'_> {
        Notice::Gap(self.oldest.as_ref())
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
