//! The type of a subscription, and its setters and getters.

use std::{fmt, sync::Arc};

use super::{filter::Filter, opening::Opening, reader::Reader};
use crate::{
    CloseReason, EncodedEvent,
    channel::{EventRef, Gap, NoticePolicy, shared::ChannelShared},
    stream::PollBudget,
};

/// A stream of the events of one or more channels, from a position in their logs.
///
/// It does not copy the log, and retains nothing for its subscriber, however slow that is. Put it into an
/// [`EventStream`](crate::EventStream) directly or behind combinators; all events that are ready are sent
/// in one frame. It counts as a subscriber until it ends or is dropped.
///
/// # Lag and notices
///
/// A subscription reports to the `EventStream` that polls it, whatever combinators are between the two: a
/// lag ends the stream or adds to [`StreamSummary::missed`](crate::StreamSummary::missed), and notices
/// ([`NoticePolicy`]) are sent before the next event.
///
/// A subscription that is polled elsewhere cannot report: in a task that forwards its events through an
/// `mpsc` channel, for example, or in the handler itself. There the client is not known, so the
/// subscription yields notices as events, and only with [`NoticePolicy::event`] or [`NoticePolicy::id`];
/// by default there are none. Pass on yourself what [`close_reason`](Self::close_reason) and
/// [`missed`](Self::missed) return:
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
///     // Only browsers read this stream.
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
///         // Fails the stream instead of completing it, so that the client reconnects.
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
/// is then pending once although more events are ready, and wakes its task. (The clock is read after 2, 4
/// and 8 events and then after every 16, so with a filter that takes a millisecond for each event it
/// yields after four.) In an `EventStream` this holds for each frame, and all its subscriptions yield
/// together, except [`detached`](Self::detached) ones.
#[must_use = "a subscription does nothing until it is polled"]
pub struct Subscription {
    pub(super) reader: Reader,
    pub(super) missed: u64,
    /// Those of them that have not been reported, because no stream has polled since, or the poll is not over.
    pub(super) unreported_missed: u64,
    /// `None` for that of each channel.
    pub(super) notice_policy: Option<NoticePolicy>,
    pub(super) is_detached: bool,
    /// Boxed because few subscriptions have one.
    pub(super) filter: Option<Box<Filter>>,
    /// The events before the log, until they are sent. Boxed because it is gone after the first polls,
    /// and there can be very many subscribers that wait.
    pub(super) opening: Option<Box<Opening>>,
    /// The budget outside of an `EventStream`, which has one for all of its subscriptions.
    pub(super) budget: PollBudget,
    pub(super) close_reason: Option<CloseReason>,
    /// The reason of an early end that has not been reported.
    pub(super) unreported_end: Option<CloseReason>,
}

impl Subscription {
    /// Returns the policy for a notice of the channel with a name.
    pub(super) fn notice_policy_named(&self, name: Option<&Arc<str>>) -> NoticePolicy {
        let mut channels = self.reader.channels();
        let channel = name.and_then(|name| channels.find(|channel| channel.name == *name));
        self.notice_policy_of(channel)
    }

    /// Returns the policy for a notice of a channel. A checkpoint, which is about all of them, and the notice of
    /// a channel that was removed follow that of the first, or without a channel that of the hub.
    pub(super) fn notice_policy_of(&self, channel: Option<&Arc<ChannelShared>>) -> NoticePolicy {
        let channel = channel.or_else(|| self.reader.channels().next());
        let policy = channel.map(|channel| channel.options.notice_policy);
        let policy = self.notice_policy.or(policy);
        policy.unwrap_or_else(|| self.reader.hub().notice_policy())
    }

    /// Adds an event that is sent before all events of the log.
    ///
    /// Several such events are sent in the order in which they were added. The last of them gets the id
    /// of this position in the log, so that a client that has seen no more resumes here. The others keep
    /// their ids: give them none, or ids of this channel. It takes the place of the checkpoint of a first
    /// visit. The notice of a gap is sent before it, and then has no id.
    ///
    /// Use it to begin with a snapshot of a state. If a lock is held while the state is changed and the
    /// change is published, subscribe and make the snapshot under the same lock: then no change is lost or
    /// seen twice. [`StateChannel`](crate::StateChannel) has such a lock.
    pub fn start_with(mut self, event: impl Into<EncodedEvent>) -> Self {
        self.opening().events.push_back(event.into());
        self
    }

    /// Sets the policy for notices to this client: checkpoints, gaps and lags.
    ///
    /// The default is [`ChannelOptions::notice_policy`](crate::ChannelOptions::notice_policy) of each channel.
    pub fn notice_policy(mut self, policy: NoticePolicy) -> Self {
        self.notice_policy = Some(policy);
        self
    }

    /// Sends only the events that the closure accepts.
    ///
    /// Unlike a filter around the subscription, it keeps the client's last event id near: after many
    /// hidden events (256, or half of what the channel retains) the client gets a checkpoint in the form
    /// that [`NoticePolicy`] allows. So a client that resumes has no gap because of events that it was not to
    /// get. Gaps, lags and notices are not filtered, and neither is what the subscription
    /// [starts with](Self::start_with).
    ///
    /// In a [`KeyedChannel`](crate::KeyedChannel), decide by the key alone: a client whose key is hidden only at
    /// times keeps an old event of it.
    ///
    /// Use it for what differs from client to client in a feed that all of them may read. It runs for each
    /// event and each client, so separate channels are cheaper for what many clients share. A second filter
    /// replaces the first.
    ///
    /// ```
    /// use futures_util::{FutureExt, StreamExt};
    /// use tower_sse::{Channel, ChannelOptions, Event, EventName};
    ///
    /// const ALARM: EventName = EventName::from_static("alarm");
    ///
    /// # #[cfg(feature = "tokio")]
    /// # fn main() -> Result<(), tower_sse::PublishError> {
    /// let news = Channel::new(ChannelOptions::new());
    /// let mut alarms = news.subscribe().filter_events(|event| event.name() == Some("alarm"));
    /// news.publish(Event::new("all is well"))?;
    /// let alarm = news.publish(Event::new("fire").name(ALARM))?;
    /// assert_eq!(alarms.next().now_or_never().flatten().unwrap().id(), Some(alarm));
    /// # Ok(())
    /// # }
    /// # #[cfg(not(feature = "tokio"))] fn main() {}
    /// ```
    pub fn filter_events(
        mut self,
        accept: impl FnMut(EventRef<'_>) -> bool + Send + 'static,
    ) -> Self {
        let position = self.reader.position();
        self.filter = Some(Box::new(Filter::new(accept, position)));
        self
    }

    /// Detaches the subscription from the [`EventStream`](crate::EventStream) that polls it: it reports
    /// nothing to the stream.
    ///
    /// Use it for a stream that handles a lag by itself, or whose own events continue after the lag. Such a
    /// stream checks [`close_reason`](Self::close_reason) when the subscription ends:
    ///
    /// ```
    /// use futures_util::{Stream, StreamExt};
    /// use tower_sse::{Channel, ChannelEvent, CloseReason};
    ///
    /// /// The events of a channel, which continue with the oldest retained one after each lag.
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

    /// Returns the gaps between the client's id and the first event of this subscription: one for each
    /// channel that has a gap.
    ///
    /// They are available until the first poll, so that a handler can report them in a response header.
    ///
    /// ```
    /// use futures_util::Stream;
    /// use http::{HeaderValue, Response};
    /// use tower_sse::{Channel, ChannelEvent, EventStream, LastEventId, Subscription};
    ///
    /// fn news(channel: &Channel, id: Option<&LastEventId>) -> Response<EventStream<Subscription>> {
    ///     let subscription = channel.resume(id);
    ///     let has_gap = !subscription.gaps().is_empty();
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
    pub fn gaps(&self) -> &[Gap] {
        let opening = self.opening.as_ref();
        opening.map_or(&[], |opening| &opening.gaps)
    }

    /// Returns the reason for which the subscription has ended, or `None` before that.
    ///
    /// It is [`Completed`](CloseReason::Completed) if the channel was closed, or
    /// [`Lagged`](CloseReason::Lagged).
    pub fn close_reason(&self) -> Option<CloseReason> {
        self.close_reason
    }

    /// Returns the number of events that the subscriber has missed so far.
    ///
    /// It is 0 except with [`LagPolicy::notify`](crate::LagPolicy::notify) and
    /// [`LagPolicy::newest`](crate::LagPolicy::newest).
    pub fn missed(&self) -> u64 {
        self.missed
    }

    pub(super) fn opening(&mut self) -> &mut Opening {
        self.opening.get_or_insert_default()
    }

    /// Leaves the channel, though the subscription itself may live on. The first reason holds.
    pub(super) fn end(&mut self, reason: CloseReason) {
        if self.close_reason.is_none() {
            self.close_reason = Some(reason);
            self.opening = None;
            self.reader.leave();
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
            .field("position", &self.reader.position())
            .field("close_reason", &self.close_reason)
            .finish_non_exhaustive()
    }
}
