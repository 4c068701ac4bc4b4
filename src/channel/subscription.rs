use std::{
    collections::VecDeque,
    fmt, mem,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use futures_util::{Stream, StreamExt};

use super::{
    ChannelEvent, Gap, NoticePolicy,
    gap::{BackfillStream, GapAction},
    lag::LagAction,
    log::LogRead,
    notice::Notice,
    numbered::Unnumbered,
    shared::ChannelShared,
    wakers::WakerSlot,
};
use crate::{
    BoxError, CloseReason, EncodedEvent, Error, EventId,
    report::Audience,
    stream::{PollBudget, scope},
};

/// The events of a channel, from a point of its log on.
///
/// It is a place in the log and no copy of it: it retains nothing for its subscriber, however slow
/// that is. It goes into an [`EventStream`](crate::EventStream) as it is, or behind combinators, and all
/// events that are ready leave in one frame. It counts as a subscriber until it ends or is dropped.
///
/// # Lag and notices
///
/// While an `EventStream` polls it, whatever is between the two, the subscription reports to it: a lag
/// ends the stream or adds to [`StreamSummary::missed`](crate::StreamSummary::missed), and notices
/// ([`NoticePolicy`]) go out before the next event.
///
/// A subscription that is polled elsewhere cannot report: in a task that forwards its events through an
/// `mpsc` channel, for example, or in the handler itself. There the client is not known, so it yields
/// notices as events only with [`NoticePolicy::event`] or [`NoticePolicy::id`]; by default there are
/// none. [`close_reason`](Self::close_reason) and [`missed`](Self::missed) say what the stream cannot
/// know:
///
/// ```
/// use futures_util::StreamExt;
/// use tokio::sync::mpsc;
/// use tokio_stream::wrappers::ReceiverStream; // of the crate `tokio-stream`
/// use tower_sse::{
///     BoxError, Channel, ChannelEvent, CloseReason, EventStream, LastEventId, NoticePolicy,
///     Subscription,
/// };
///
/// type Forwarded = ReceiverStream<Result<ChannelEvent, BoxError>>;
///
/// fn feed(channel: &Channel, last_event_id: Option<&LastEventId>) -> EventStream<Forwarded> {
///     let (to, from) = mpsc::channel(16);
///     // A browser is known to read this one.
///     let subscription = channel.resume(last_event_id).notice_policy(NoticePolicy::event());
///     tokio::spawn(forward(subscription, to));
///     EventStream::new(ReceiverStream::new(from))
/// }
///
/// async fn forward(mut subscription: Subscription, to: mpsc::Sender<Result<ChannelEvent, BoxError>>) {
///     loop {
///         let event = tokio::select! {
///             event = subscription.next() => event,
///             // The client has left.
///             () = to.closed() => return,
///         };
///         match event {
///             Some(event) => drop(to.send(Ok(event)).await),
///             None => break,
///         }
///     }
///     if subscription.close_reason() != Some(CloseReason::Completed) {
///         // Fails the stream in place of completing it, so that the client comes back.
///         let _ = to.send(Err("the subscription has lagged or failed".into())).await;
///     }
/// }
/// # #[cfg(feature = "tokio")]
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// # use http_body_util::BodyExt;
/// let channel = Channel::new(tower_sse::ChannelOptions::new());
/// let mut body = feed(&channel, None);
/// let frame = body.frame().await.unwrap().unwrap().into_data().unwrap();
/// assert!(frame.starts_with(b"event: checkpoint\n"));
/// # }
/// # #[cfg(not(feature = "tokio"))] fn main() {}
/// ```
///
/// # Fairness
///
/// A subscription that always has an event yields to the runtime after a millisecond or 1,024 events: it
/// is then pending once although more is ready, and wakes its task. (The clock is read after 2, 4 and 8
/// events and then after each 16, so with a filter that takes a millisecond for each it yields after
/// four.) In an `EventStream` this holds for each frame, and all subscriptions in it yield together, except
/// [`detached`](Self::detached) ones.
#[must_use = "a subscription does nothing until it is polled"]
pub struct Subscription {
    shared: Arc<ChannelShared>,
    /// The number of the next event.
    next: u64,
    missed: u64,
    /// How many of these the stream does not know of yet.
    unreported_missed: u64,
    notice_policy: NoticePolicy,
    is_detached: bool,
    /// What comes before the log, until it has been sent.
    opening: Option<Box<Opening>>,
    /// Where it waits for what is published next.
    slot: Option<WakerSlot>,
    budget: PollBudget,
    end: Option<CloseReason>,
    /// An early end that the stream does not know of yet.
    unreported_end: Option<Box<EarlyEnd>>,
}

/// Why a subscription ends early, and the error behind that.
type EarlyEnd = (CloseReason, Option<String>);

/// The events that come before the log: the backfill or the notice of a gap, or a checkpoint, and then the
/// user's own.
#[derive(Default)]
struct Opening {
    backfill: Option<BackfillStream>,
    gap: Option<Gap>,
    notice: Option<OpeningNotice>,
    events: VecDeque<EncodedEvent>,
}

#[derive(Clone, Copy)]
enum OpeningNotice {
    Checkpoint,
    Gap,
}

impl Subscription {
    /// Makes one that begins with this number.
    pub(super) fn new(shared: &Arc<ChannelShared>, next: u64) -> Self {
        shared.add_subscriber();
        Self {
            shared: Arc::clone(shared),
            next,
            missed: 0,
            unreported_missed: 0,
            notice_policy: shared.options.notice_policy,
            is_detached: false,
            opening: None,
            slot: None,
            budget: PollBudget::FULL,
            end: None,
            unreported_end: None,
        }
    }

    /// Sends an event before all that the log has, and after those that were put there before. The
    /// last of them gets the id of this point of the log, so that a client that has seen no more
    /// resumes here. The others keep their ids: have them be none, or ids of this channel's.
    ///
    /// For a state whose lock is held while it is changed and the change is published: subscribe
    /// and make the snapshot under the same lock, and no change is lost or seen twice.
    /// [`StateChannel`](super::StateChannel) has such a lock.
    pub fn start_with(mut self, event: impl Into<EncodedEvent>) -> Self {
        self.opening().events.push_back(event.into());
        self
    }

    /// Sets the policy for notices to this client: checkpoints, gaps and lags. By default it is that of
    /// [`ChannelOptions::notice_policy`](super::ChannelOptions::notice_policy).
    pub fn notice_policy(mut self, policy: NoticePolicy) -> Self {
        self.notice_policy = policy;
        self
    }

    /// Has the subscription report nothing to the [`EventStream`](crate::EventStream) that polls it: for a
    /// stream that handles a lag by itself, or whose own events go on after it.
    ///
    /// Such a stream looks at [`close_reason`](Self::close_reason) when the subscription ends:
    ///
    /// ```
    /// use futures_util::{Stream, StreamExt};
    /// use tower_sse::{Channel, ChannelEvent, CloseReason};
    ///
    /// /// The events of a channel, from the oldest retained one on after each lag.
    /// fn follow(channel: Channel) -> impl Stream<Item = ChannelEvent> {
    ///     async_stream::stream! {
    ///         let mut subscription = channel.subscribe().detached();
    ///         loop {
    ///             match subscription.next().await {
    ///                 Some(event) => yield event,
    ///                 None if subscription.close_reason() == Some(CloseReason::Lagged) => {
    ///                     subscription = channel.replay().detached();
    ///                 }
    ///                 None => break,
    ///             }
    ///         }
    ///     }
    /// }
    /// # let _ = follow;
    /// ```
    pub fn detached(mut self) -> Self {
        self.is_detached = true;
        self
    }

    /// Returns the gap between the client's id and the first event of this subscription, if there is
    /// one that [`GapPolicy::backfill`](super::GapPolicy::backfill) does not fill. It is there until the first poll, so
    /// that a handler can tell the client in a header of the response.
    ///
    /// ```
    /// use futures_util::Stream;
    /// use http::{HeaderValue, Response};
    /// use tower_sse::{Channel, ChannelEvent, EventStream, LastEventId, Subscription};
    ///
    /// fn news(channel: &Channel, id: Option<&LastEventId>) -> Response<EventStream<Subscription>> {
    ///     let subscription = channel.resume(id);
    ///     let has_gap = subscription.gap().is_some();
    ///     let mut response = Response::from(EventStream::new(subscription));
    ///     if has_gap {
    ///         response.headers_mut().insert("x-gap", HeaderValue::from_static("true"));
    ///     }
    ///     response
    /// }
    ///
    /// # #[cfg(feature = "tokio")]
    /// # fn main() {
    /// let channel = Channel::new(tower_sse::ChannelOptions::new());
    /// let unknown = LastEventId::new(7.into());
    /// assert_eq!(news(&channel, unknown.as_ref()).headers()["x-gap"], "true");
    /// assert!(!news(&channel, None).headers().contains_key("x-gap"));
    /// # }
    /// # #[cfg(not(feature = "tokio"))] fn main() {}
    /// ```
    pub fn gap(&self) -> Option<&Gap> {
        self.opening.as_ref()?.gap.as_ref()
    }

    /// Returns why the subscription has ended: [`Completed`](CloseReason::Completed) when its channel
    /// is closed, [`Lagged`](CloseReason::Lagged), or [`Failed`](CloseReason::Failed) if
    /// [`GapPolicy::backfill`](super::GapPolicy::backfill) has failed. `None` before the end.
    pub fn close_reason(&self) -> Option<CloseReason> {
        self.end
    }

    /// Returns the number of events that the subscriber has missed so far, by
    /// [`LagPolicy::notify`](super::LagPolicy::notify) or [`LagPolicy::newest`](super::LagPolicy::newest).
    pub fn missed(&self) -> u64 {
        self.missed
    }

    pub(super) fn with_checkpoint(mut self) -> Self {
        self.opening().notice = Some(OpeningNotice::Checkpoint);
        self
    }

    pub(super) fn with_gap(mut self, gap: Gap) -> Self {
        self.opening().gap = Some(gap);
        self.opening().notice = Some(OpeningNotice::Gap);
        self
    }

    /// Keeps the gap for the handler, and sends no notice of it.
    pub(super) fn with_silent_gap(mut self, gap: Gap) -> Self {
        self.opening().gap = Some(gap);
        self.with_checkpoint()
    }

    pub(super) fn with_backfill(mut self, backfill: BackfillStream) -> Self {
        self.opening().backfill = Some(backfill);
        self
    }

    fn opening(&mut self) -> &mut Opening {
        self.opening.get_or_insert_default()
    }

    /// Returns the id of what was published before this point.
    fn last_id(&self) -> EventId {
        self.shared.epoch.id(self.next.saturating_sub(1))
    }

    /// Yields what comes before the log. `None` if nothing does any more.
    fn poll_opening(
        &mut self,
        audience: Option<Audience>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<ChannelEvent>> {
        while let Some(opening) = self.opening.as_deref_mut() {
            if let Some(backfill) = &mut opening.backfill {
                match ready!(backfill.poll_next_unpin(cx)) {
                    Some(Ok(event)) => return Poll::Ready(Some(ChannelEvent::other(event))),
                    Some(Err(error)) => {
                        self.fail(error);
                        return Poll::Ready(None);
                    }
                    None => opening.backfill = None,
                }
                self.backfill_again();
            } else if let Some(notice) = opening.notice.take() {
                if let Some(event) = self.opening_notice(notice, audience) {
                    return Poll::Ready(Some(event));
                }
            } else if let Some(event) = opening.events.pop_front() {
                let event = match opening.events.is_empty() {
                    true => Unnumbered::new(event).with_id(&self.last_id()),
                    // A client that is cut off before the last of them is to get them all again.
                    false => event,
                };
                return Poll::Ready(Some(ChannelEvent::other(event)));
            } else {
                self.opening = None;
            }
        }
        Poll::Ready(None)
    }

    /// Makes the notice of a checkpoint or of a gap.
    fn opening_notice(
        &self,
        notice: OpeningNotice,
        audience: Option<Audience>,
    ) -> Option<ChannelEvent> {
        let opening = self.opening.as_deref()?;
        // Otherwise the user's own event has the id, and comes after this one.
        let last = opening.events.back();
        let is_last = !last.is_some_and(EncodedEvent::is_dispatched);
        let notice = match notice {
            OpeningNotice::Checkpoint if is_last => Notice::Checkpoint,
            OpeningNotice::Checkpoint => return None,
            OpeningNotice::Gap => opening.gap.as_ref()?.as_notice(),
        };
        let id = is_last.then(|| self.last_id());
        self.notify(notice, audience, id)
    }

    /// Fills what the log has evicted while a gap was filled.
    fn backfill_again(&mut self) {
        let GapAction::Backfill(start) = &self.shared.options.gap_policy.0 else {
            return;
        };
        if !matches!(self.shared.read_event(self.next), LogRead::Evicted(_)) {
            return;
        }
        let gap = |log: &_| Gap::new(self.last_id(), true, self.shared.epoch, log);
        let gap = self.shared.expire_and_read(gap);
        self.next = gap.first_number;
        self.opening().backfill = Some(start(gap));
    }

    /// Yields what the log has. `None` when it is closed, or the subscriber has lagged.
    fn poll_log(
        &mut self,
        audience: Option<Audience>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<ChannelEvent>> {
        let waker = cx.waker();
        if self.shared.wakers.is_registered(&self.slot, waker) {
            return Poll::Pending;
        }
        loop {
            let round = self.shared.wakers.round();
            match self.shared.read_event(self.next) {
                LogRead::Event(event) => {
                    let number = self.next;
                    self.next += 1;
                    let event = ChannelEvent::published(event, self.shared.epoch, number);
                    return Poll::Ready(Some(event));
                }
                LogRead::Evicted(first) => {
                    if let Some(event) = self.apply_lag_policy(first, audience) {
                        return Poll::Ready(Some(event));
                    }
                    if self.end.is_some() {
                        return Poll::Ready(None);
                    }
                }
                LogRead::Closed => return Poll::Ready(None),
                LogRead::NotYet => {
                    if self.shared.wakers.register(&mut self.slot, round, waker) {
                        return Poll::Pending;
                    }
                }
            }
        }
    }

    /// Applies the policy to a subscriber whose next event was evicted. The oldest event that is
    /// retained, or will be, has this number.
    fn apply_lag_policy(&mut self, first: u64, audience: Option<Audience>) -> Option<ChannelEvent> {
        let notice = match &self.shared.options.lag_policy.0 {
            LagAction::Disconnect => {
                self.end_early(CloseReason::Lagged, None);
                return None;
            }
            LagAction::Notify(notice) => notice.clone(),
            LagAction::Newest => {
                let newest = self
                    .shared
                    .expire_and_read(|log| log.next_number().saturating_sub(1));
                self.skip_to(newest.max(first));
                return None;
            }
        };
        let missed = self.skip_to(first);
        match notice {
            Some(notice) => {
                let event = Unnumbered::new(notice(missed).into()).into_event();
                send(event, audience)
            }
            None => self.notify(Notice::Lagged(missed), audience, None),
        }
    }

    /// Goes on with a later event. Returns how many are missed.
    fn skip_to(&mut self, next: u64) -> u64 {
        let missed = next - self.next;
        self.next = next;
        self.missed += missed;
        self.unreported_missed += missed;
        missed
    }

    /// Reports to the stream that polls what it does not know of yet. Some of that may have happened when
    /// no stream polled.
    fn report(&mut self, audience: Option<Audience>) {
        if audience.is_none() || self.unreported_missed == 0 && self.unreported_end.is_none() {
            return;
        }
        let (missed, end) = (
            mem::take(&mut self.unreported_missed),
            self.unreported_end.take(),
        );
        scope::report(|reports| {
            reports.missed += missed;
            // The first reason holds, of subscriptions that are merged.
            reports.end = reports.end.take().or(end.map(|end| *end));
        });
    }

    /// Sends a notice in the form that the client takes.
    fn notify(
        &self,
        notice: Notice<'_>,
        audience: Option<Audience>,
        id: Option<EventId>,
    ) -> Option<ChannelEvent> {
        let event = notice.encode(self.notice_policy, audience.unwrap_or_default(), id)?;
        send(event, audience)
    }

    fn fail(&mut self, error: BoxError) {
        self.end_early(CloseReason::Failed, Some(Error::stream(error).chain()));
    }

    /// Ends though the channel goes on. The stream ends with it.
    fn end_early(&mut self, reason: CloseReason, error: Option<String>) {
        self.end(reason);
        self.unreported_end = Some(Box::new((reason, error)));
    }
}

/// Hands a notice to the stream. Returns it, to be yielded, where no stream polls.
fn send(event: EncodedEvent, audience: Option<Audience>) -> Option<ChannelEvent> {
    if audience.is_none() {
        return Some(ChannelEvent::other(event));
    }
    scope::report(|reports| reports.notices.push(event));
    None
}

impl Stream for Subscription {
    type Item = ChannelEvent;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<ChannelEvent>> {
        let this = &mut *self;
        let audience = scope::audience().filter(|_| !this.is_detached);
        let polled = this.poll_event(audience, cx);
        this.report(audience);
        polled
    }
}

impl Subscription {
    fn poll_event(
        &mut self,
        audience: Option<Audience>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<ChannelEvent>> {
        if self.end.is_some() {
            return Poll::Ready(None);
        }
        if self.is_budget_spent(audience) {
            self.budget = PollBudget::FULL;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let polled = match self.poll_opening(audience, cx) {
            Poll::Ready(None) if self.end.is_none() => self.poll_log(audience, cx),
            polled => polled,
        };
        match &polled {
            Poll::Pending => self.budget = PollBudget::FULL,
            Poll::Ready(None) => self.end(CloseReason::Completed),
            Poll::Ready(Some(_)) => self.spend_budget(audience),
        }
        polled
    }

    /// Returns `true` if it is time for a break: of this subscription, or of the poll that it is in.
    fn is_budget_spent(&self, audience: Option<Audience>) -> bool {
        match audience {
            Some(_) => scope::is_budget_spent(),
            None => self.budget.is_spent(),
        }
    }

    fn spend_budget(&mut self, audience: Option<Audience>) {
        let now = || self.shared.options.timer.now();
        match audience {
            Some(_) => scope::spend_budget(now),
            None => self.budget.spend(now),
        }
    }
}

impl Subscription {
    /// Leaves the channel. The first reason holds.
    fn end(&mut self, reason: CloseReason) {
        if self.end.is_none() {
            self.end = Some(reason);
            self.opening = None;
            if let Some(slot) = self.slot.take() {
                self.shared.wakers.deregister(slot);
            }
            self.shared.remove_subscriber();
        }
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.end(CloseReason::Completed);
    }
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscription")
            .field("next", &self.next)
            .field("end", &self.end)
            .finish_non_exhaustive()
    }
}
