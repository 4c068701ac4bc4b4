//! The options of a channel.

use std::{fmt, num::NonZeroUsize, sync::Arc, time::Duration};

use hyper::rt::Timer;

use super::{GapPolicy, KeyPolicy, LagPolicy, NoticePolicy, log::LogBounds};
use crate::{Event, EventName, time::SharedTimer};

/// Options of a [`Channel`](super::Channel): how much it retains, and its policies.
///
/// ```
/// use std::{num::NonZeroUsize, time::Duration};
/// use tower_sse::{Channel, ChannelOptions, Event, LastEventId};
///
/// # #[cfg(feature = "tokio")]
/// # fn main() -> Result<(), tower_sse::BoxError> {
/// let options = ChannelOptions::new()
///     .max_events(NonZeroUsize::MIN)
///     .max_age(Duration::from_secs(3600));
/// let news: Channel = Channel::new(options);
/// let first = news.publish(Event::new("one"))?;
/// news.publish(Event::new("two"))?;
/// news.publish(Event::new("three"))?;
///
/// // The second event is not retained.
/// let gap = news.try_resume(&LastEventId::new(first).unwrap()).unwrap_err();
/// assert!(gap.is_known);
/// assert_eq!(gap.oldest, Some(news.last_id()));
/// # Ok(())
/// # }
/// # #[cfg(not(feature = "tokio"))] fn main() {}
/// ```
#[derive(Clone, Debug)]
#[must_use = "options do nothing until a channel has them"]
pub struct ChannelOptions {
    pub(super) timer: SharedTimer,
    pub(super) bounds: LogBounds,
    pub(super) lag_policy: LagPolicy,
    pub(super) gap_policy: GapPolicy,
    pub(super) notice_policy: NoticePolicy,
    pub(super) has_ids: bool,
    pub(super) has_history: bool,
    /// `None` for a window.
    pub(super) keyed: Option<KeyedOptions>,
    /// The grace time of names that leave. `None` if the hub does not keep them.
    pub(super) presence: Option<Duration>,
}

/// The options of a keyed channel.
#[derive(Clone)]
pub(super) struct KeyedOptions {
    pub(super) max_keys: usize,
    pub(super) policy: KeyPolicy,
    /// Makes the event that tells clients of the removal of a key.
    pub(super) removal: Arc<dyn Fn(&str) -> Event + Send + Sync>,
}

impl Default for KeyedOptions {
    fn default() -> Self {
        Self {
            max_keys: 10_000,
            policy: KeyPolicy::default(),
            removal: Arc::new(|key| Event::new(key.to_owned()).name(REMOVED)),
        }
    }
}

impl fmt::Debug for KeyedOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyedOptions")
            .field("max_keys", &self.max_keys)
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}

const REMOVED: EventName = EventName::from_static("key-removed");

impl ChannelOptions {
    /// Creates options with a timer of another runtime, or of a test.
    pub fn with_timer<T: Timer + Send + Sync + 'static>(timer: T) -> Self {
        Self::with_shared_timer(SharedTimer::new(timer))
    }

    pub(super) fn with_shared_timer(timer: SharedTimer) -> Self {
        Self {
            timer,
            bounds: LogBounds {
                max_events: 1024,
                max_bytes: 4 << 20,
                max_age: None,
            },
            lag_policy: LagPolicy::default(),
            gap_policy: GapPolicy::default(),
            notice_policy: NoticePolicy::default(),
            has_ids: true,
            has_history: true,
            keyed: None,
            presence: None,
        }
    }

    /// Sets the maximum number of events that are retained, and that can be published together.
    ///
    /// The default is 1024.
    pub fn max_events(mut self, max: NonZeroUsize) -> Self {
        self.bounds.max_events = max.get();
        self
    }

    /// Sets the maximum number of bytes of events, as they go over the wire, that are retained.
    ///
    /// The default is 4 MiB. An event that is larger by itself is not published, and neither are events
    /// published together that are larger in total.
    ///
    /// On a 64-bit system each event takes up to 144 bytes of memory besides, plus what the allocator
    /// adds to two allocations. So if events are tiny, [`max_events`](Self::max_events) bounds the
    /// memory. With the defaults a full log takes 80 bytes besides each event: 102 KiB with events of 22
    /// bytes, and never more than 4 MiB and 80 KiB. The memory shrinks with the log.
    pub fn max_bytes(mut self, max: usize) -> Self {
        self.bounds.max_bytes = max;
        self
    }

    /// Sets the maximum time for which an event is retained. By default there is no such bound.
    ///
    /// Older events are evicted at the next publication, subscription or resumption. A subscriber that
    /// has not read such an event by then has lagged.
    pub fn max_age(mut self, max: Duration) -> Self {
        self.bounds.max_age = Some(max);
        self
    }

    /// Sends the events of the channel without ids, so that they leave the client's last event id as it is.
    ///
    /// Use it for feeds that a client does not resume, such as the progress of a task, beside others that
    /// it does resume. A subscription begins with the next event, unless it
    /// [replays](super::Channel::replay) the retained ones. There are no gaps, and a lag does not end the
    /// stream: the missed events are counted ([`StreamSummary::missed`](crate::StreamSummary::missed)), and
    /// [`LagPolicy::notify`] sends its notice.
    pub fn without_ids(mut self) -> Self {
        self.has_ids = false;
        self
    }

    /// Retains events only for the subscribers that are there: a new one gets later events alone.
    ///
    /// With ids, a client that reconnects has a [`Gap`](super::Gap) if anything was published meanwhile.
    pub fn without_history(mut self) -> Self {
        self.has_history = false;
        self
    }

    /// Makes the channel keyed: it retains the newest event for each key, of at most this many keys.
    ///
    /// The default policy for a new key in a full channel is [`KeyPolicy::reject`]. The bounds of a keyed
    /// channel are the number of keys and [`max_bytes`](Self::max_bytes). It has no gaps and no lags, and
    /// [`max_events`](Self::max_events) and [`max_age`](Self::max_age) do not apply. See
    /// [`KeyedChannel`](super::KeyedChannel).
    pub fn keyed(mut self, max_keys: NonZeroUsize, policy: KeyPolicy) -> Self {
        let keyed = self.keyed.get_or_insert_default();
        (keyed.max_keys, keyed.policy) = (max_keys.get(), policy);
        self
    }

    /// Sets the event that tells clients of the removal of a key, for a keyed channel.
    ///
    /// By default it is an event named `key-removed` whose data is the key. The closure gets the key. An id
    /// is removed from the event.
    pub fn removal_event(mut self, event: impl Fn(&str) -> Event + Send + Sync + 'static) -> Self {
        self.keyed.get_or_insert_default().removal = Arc::new(event);
        self
    }

    /// Tracks the names of the channel's subscribers: its [`Presence`](super::Presence).
    ///
    /// It counts open subscriptions that have a name ([`Hub::subscriber`](super::Hub::subscriber)). A name
    /// leaves when its last subscription has been closed for the grace time, so that nobody sees a client
    /// leave that reloads its page: a few seconds are enough. Over a store the subscriptions of all nodes
    /// count, and all nodes must have the same grace time. The channel of a
    /// [`Channel::new`](super::Channel::new) has no presence, because its subscriptions have no names.
    pub fn presence(mut self, grace: Duration) -> Self {
        self.presence = Some(grace);
        self
    }

    /// Makes the channel ephemeral: [`without_ids`](Self::without_ids),
    /// [`without_history`](Self::without_history), and at most 64 events and 256 KiB for subscribers that
    /// are slow.
    ///
    /// Use it for events that matter only at the moment, such as typing indicators.
    ///
    /// ```
    /// use futures_util::{FutureExt, StreamExt};
    /// use tower_sse::{Channel, Event, Hub, HubOptions};
    ///
    /// # #[cfg(feature = "tokio")]
    /// # fn main() -> Result<(), tower_sse::BoxError> {
    /// let hub = Hub::new(HubOptions::new().each(|name, options| match name {
    ///     "typing" => options.ephemeral(),
    ///     _ => options,
    /// }));
    /// let [messages, typing]: [Channel; 2] = [hub.channel("messages")?, hub.channel("typing")?];
    /// let mut stream = hub.subscribe(["messages", "typing"])?;
    /// let hello = messages.publish(Event::new("hello"))?;
    /// typing.publish(Event::new("ada"))?;
    ///
    /// assert_eq!(stream.next().now_or_never().flatten().unwrap().id(), Some(hello));
    /// let event = stream.next().now_or_never().flatten().unwrap();
    /// assert_eq!(event.encoded().as_bytes(), b"data: ada\n\n");
    /// # Ok(())
    /// # }
    /// # #[cfg(not(feature = "tokio"))] fn main() {}
    /// ```
    pub fn ephemeral(mut self) -> Self {
        (self.bounds.max_events, self.bounds.max_bytes) = (64, 256 << 10);
        self.without_ids().without_history()
    }

    /// Sets the policy for a subscriber whose next event was evicted. By default its stream ends.
    pub fn lag_policy(mut self, policy: LagPolicy) -> Self {
        self.lag_policy = policy;
        self
    }

    /// Sets the policy for a client that resumes after an event that is no longer retained.
    ///
    /// By default the client gets a notice of the gap, if the [`notice_policy`](Self::notice_policy)
    /// allows it, and then all retained events.
    pub fn gap_policy(mut self, policy: GapPolicy) -> Self {
        self.gap_policy = policy;
        self
    }

    /// Sets the policy for notices: checkpoints, gaps and lags.
    ///
    /// By default they are named events for a client that names `text/event-stream` in a GET or QUERY,
    /// as browsers do. All other clients get no notice. Without [`SseLayer`](crate::SseLayer) around the
    /// stream no client gets one: set [`NoticePolicy::event`] there.
    /// [`Subscription::notice_policy`](super::Subscription::notice_policy) sets it for one client.
    pub fn notice_policy(mut self, policy: NoticePolicy) -> Self {
        self.notice_policy = policy;
        self
    }

    pub(crate) fn timer(&self) -> &SharedTimer {
        &self.timer
    }
}
