use std::{
    collections::VecDeque,
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use futures_util::{Stream, StreamExt};

use super::{
    ChannelEvent, Gap,
    event::Kind,
    gap::{Answer, Filling},
    lag::Policy,
    log::Read,
    numbered::with_id,
    shared::Shared,
    wakers::Place,
};
use crate::{CloseReason, EncodedEvent, Event, EventId};

/// The events of a channel, from a point of its log on.
///
/// It is a place in the log and no copy of it: it holds nothing for its subscriber, however slow
/// that is. It goes into an [`EventStream`](crate::EventStream) as it is, where all events that are
/// ready leave in one frame. It counts as a subscriber until it ends or is dropped.
#[must_use = "a subscription does nothing until it is polled"]
pub struct Subscription {
    shared: Arc<Shared>,
    /// The number of the next event.
    next: u64,
    /// How many events were missed before it.
    missed: u64,
    /// What comes before it, if anything does any more.
    opening: Option<Box<Opening>>,
    /// Where it waits for what is published next.
    place: Option<Place>,
    ended: bool,
}

/// What comes before the log: what fills a gap, and then events that have the id of this point.
#[derive(Default)]
struct Opening {
    filling: Option<Filling>,
    events: VecDeque<EncodedEvent>,
}

impl Subscription {
    /// Makes one that begins with this number.
    pub(super) fn new(shared: &Arc<Shared>, next: u64) -> Self {
        shared.enter();
        Self {
            shared: Arc::clone(shared),
            next,
            missed: 0,
            opening: None,
            place: None,
            ended: false,
        }
    }

    /// Sends an event before all that the log has, and after those that were put there before. The
    /// last of them gets the id of this point of the log, so that a client that has seen no more
    /// resumes here; those before it keep what ids they have, and had better have none.
    ///
    /// For a state whose lock is held while it is changed and the change is published: subscribe
    /// and make the snapshot under the same lock, and no change is lost or seen twice.
    /// [`StateChannel`](super::StateChannel) has such a lock.
    pub fn preceded_by(mut self, event: impl Into<EncodedEvent>) -> Self {
        self.opening().events.push_back(event.into());
        self
    }

    pub(super) fn filled_by(mut self, filling: Filling) -> Self {
        self.opening().filling = Some(filling);
        self
    }

    fn opening(&mut self) -> &mut Opening {
        self.opening.get_or_insert_default()
    }

    /// Returns the id of what was published before this point.
    fn last_id(&self) -> EventId {
        self.shared.epoch.id(self.next.saturating_sub(1))
    }

    fn at_this_point(&self, event: &EncodedEvent) -> EncodedEvent {
        with_id(event, &self.last_id())
    }

    /// Yields what comes before the log. `None` if nothing does any more.
    fn poll_opening(&mut self, cx: &mut Context<'_>) -> Poll<Option<Kind>> {
        while let Some(opening) = self.opening.as_deref_mut() {
            if let Some(filling) = &mut opening.filling {
                match ready!(filling.poll_next_unpin(cx)) {
                    Some(Ok(event)) => return Poll::Ready(Some(Kind::Other(event))),
                    Some(Err(_)) => return Poll::Ready(Some(Kind::End(CloseReason::Failed))),
                    None => opening.filling = None,
                }
                self.fill_again();
                continue;
            }
            match opening.events.pop_front() {
                // Who is cut off before the last of them is to get them all again.
                Some(event) if !opening.events.is_empty() => {
                    return Poll::Ready(Some(Kind::Other(event)));
                }
                Some(event) => {
                    let event = self.at_this_point(&event);
                    return Poll::Ready(Some(Kind::Other(event)));
                }
                None => self.opening = None,
            }
        }
        Poll::Ready(None)
    }

    /// Fills what the log has evicted while a gap was filled.
    fn fill_again(&mut self) {
        let Answer::Fill(fill) = &self.shared.options.on_gap.0 else {
            return;
        };
        if !matches!(self.shared.read(self.next), Read::Gone(_)) {
            return;
        }
        let gap = |log: &_| Gap::new(self.last_id(), true, self.shared.epoch, log);
        let gap = self.shared.look(gap);
        self.next = gap.first;
        self.opening().filling = Some(fill(gap));
    }

    /// Yields what the log has. `None` when it is closed.
    fn poll_log(&mut self, cx: &mut Context<'_>) -> Poll<Option<Kind>> {
        let waker = cx.waker();
        if self.shared.published.holds(&self.place, waker) {
            return Poll::Pending;
        }
        loop {
            let round = self.shared.published.round();
            match self.shared.read(self.next) {
                Read::Event(event) => {
                    let number = self.next;
                    self.next += 1;
                    return Poll::Ready(Some(Kind::Event(event, self.shared.epoch, number)));
                }
                Read::Gone(first) => {
                    if let Some(kind) = self.lag(first) {
                        return Poll::Ready(Some(kind));
                    }
                }
                Read::Closed => return Poll::Ready(None),
                Read::Coming => {
                    if self.shared.published.wait(&mut self.place, round, waker) {
                        return Poll::Pending;
                    }
                }
            }
        }
    }

    /// Heeds that the next event is gone, and that the oldest that is held has this number.
    fn lag(&mut self, first: u64) -> Option<Kind> {
        match &self.shared.options.lag.0 {
            Policy::End => Some(Kind::End(CloseReason::Lagged)),
            Policy::Skip(notice) => {
                let notice = notice(first - self.next);
                Some(Kind::Other(self.skip_to(first, notice)))
            }
            Policy::Newest => {
                let (newest, is_empty) = self
                    .shared
                    .look(|log| (log.next().saturating_sub(1), log.is_empty()));
                let newest = newest.max(first);
                self.missed += newest - self.next;
                self.next = newest;
                is_empty.then_some(Kind::Missed)
            }
        }
    }

    fn skip_to(&mut self, first: u64, notice: Event) -> EncodedEvent {
        self.missed += first - self.next;
        self.next = first;
        self.at_this_point(&notice.into())
    }
}

impl Stream for Subscription {
    type Item = ChannelEvent;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<ChannelEvent>> {
        if self.ended {
            return Poll::Ready(None);
        }
        let kind = match ready!(self.poll_opening(cx)) {
            Some(kind) => Some(kind),
            None => ready!(self.poll_log(cx)),
        };
        if matches!(kind, None | Some(Kind::End(_))) {
            self.end();
        }
        let missed = std::mem::take(&mut self.missed);
        Poll::Ready(kind.map(|kind| ChannelEvent { kind, missed }))
    }
}

impl Subscription {
    fn end(&mut self) {
        if !std::mem::replace(&mut self.ended, true) {
            self.opening = None;
            if let Some(place) = self.place.take() {
                self.shared.published.leave(place);
            }
            self.shared.leave();
        }
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.end();
    }
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscription")
            .field("next", &self.next)
            .field("ended", &self.ended)
            .finish_non_exhaustive()
    }
}
