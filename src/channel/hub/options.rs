//! The options of a hub.

use std::{fmt, future::Future, num::NonZeroUsize, pin::Pin, sync::Arc, time::Duration};

use hyper::rt::{Executor, Timer};

use super::{
    generation_names::{generation_options, is_generation},
    outages::OutageRecorder,
};
use crate::{ChannelOptions, channel::node::SharedExecutor};

/// Options of a [`Hub`](super::Hub): the options of its channels, and the bounds of all together.
///
/// The timeouts, the [`executor`](Self::executor), [`max_waiting_bytes`](Self::max_waiting_bytes) and
/// [`presence_lease`](Self::presence_lease) are for a hub over a store alone.
///
/// ```
/// use std::num::NonZeroUsize;
/// use tower_sse::{ChannelError, ChannelOptions, Event, Hub, HubOptions};
///
/// # #[cfg(feature = "tokio")]
/// # fn main() -> Result<(), tower_sse::BoxError> {
/// let channels = ChannelOptions::new().max_bytes(64 << 10);
/// let options = HubOptions::new().channel_options(channels).max_channels(NonZeroUsize::MIN);
/// let hub = Hub::new(options);
///
/// let _room = hub.channel::<Event>("room/7")?;
/// let full = hub.channel::<Event>("room/8").unwrap_err();
/// assert_eq!(full, ChannelError::TooMany { max: 1 });
/// # Ok(())
/// # }
/// # #[cfg(not(feature = "tokio"))] fn main() {}
/// ```
#[derive(Clone)]
#[must_use = "options do nothing until a hub has them"]
pub struct HubOptions {
    pub(super) channels: ChannelOptions,
    pub(super) each: Option<Each>,
    pub(super) max_channels: usize,
    pub(super) max_bytes: usize,
    pub(super) linger: Duration,
    pub(super) executor: Option<SharedExecutor>,
    pub(super) publish_timeout: Duration,
    pub(super) backfill_timeout: Duration,
    pub(super) max_waiting_bytes: usize,
    pub(super) outage_recorder: Option<&'static dyn OutageRecorder>,
    pub(super) presence_lease: Duration,
}

/// Makes the options of a channel from its name and the common ones.
type Each = Arc<dyn Fn(&str, ChannelOptions) -> ChannelOptions + Send + Sync>;

impl HubOptions {
    /// Creates options with a timer of another runtime, or of a test.
    pub fn with_timer<T: Timer + Send + Sync + 'static>(timer: T) -> Self {
        Self::of(ChannelOptions::with_timer(timer))
    }

    fn of(channels: ChannelOptions) -> Self {
        Self {
            channels,
            each: None,
            max_channels: 10_000,
            max_bytes: 256 << 20,
            linger: Duration::from_secs(60),
            executor: None,
            publish_timeout: Duration::from_secs(10),
            backfill_timeout: Duration::from_secs(10),
            max_waiting_bytes: 16 << 20,
            outage_recorder: None,
            presence_lease: Duration::from_secs(15),
        }
    }

    /// Makes the options of a hub that has this channel only.
    pub(super) fn of_one(channel: ChannelOptions) -> Self {
        Self {
            max_channels: 1,
            max_bytes: usize::MAX,
            linger: Duration::MAX,
            ..Self::of(channel)
        }
    }

    /// Sets the options of every channel: how much it retains, and its policies.
    ///
    /// The hub takes the timer from them.
    pub fn channel_options(mut self, options: ChannelOptions) -> Self {
        self.channels = options;
        self
    }

    /// Sets a closure that makes the options of each channel.
    ///
    /// The closure gets the channel's name and the common [`channel_options`](Self::channel_options). It
    /// runs whenever a channel is made, and may run more than once for a channel that several threads ask
    /// for at the same time. It must give the same options for the same name.
    /// In a hub over a store it also runs for channels in which other nodes publish: it must not panic.
    /// It does not run for the feed of a [`Presence`](super::Presence), nor for the channels of
    /// [`StoredGenerations`](crate::StoredGenerations), whose options are the hub's.
    ///
    /// ```
    /// use std::num::NonZeroUsize;
    /// use tower_sse::{Channel, Event, Hub, HubOptions};
    ///
    /// # #[cfg(feature = "tokio")]
    /// # fn main() -> Result<(), tower_sse::BoxError> {
    /// let newest = NonZeroUsize::MIN;
    /// let hub = Hub::new(HubOptions::new().each(move |name, options| match name {
    ///     "status" => options.max_events(newest),
    ///     _ => options,
    /// }));
    ///
    /// let status: Channel = hub.channel("status")?;
    /// status.publish(Event::new("starting"))?;
    /// let up = status.publish(Event::new("up"))?;
    /// assert_eq!(status.subscribe().gaps().len(), 0);
    /// assert_eq!(status.last_id(), up);
    /// # Ok(())
    /// # }
    /// # #[cfg(not(feature = "tokio"))] fn main() {}
    /// ```
    pub fn each(
        mut self,
        each: impl Fn(&str, ChannelOptions) -> ChannelOptions + Send + Sync + 'static,
    ) -> Self {
        self.each = Some(Arc::new(each));
        self
    }

    /// Sets the maximum number of channels. The default is 10,000.
    ///
    /// At the maximum, a new channel replaces the one that has been without subscribers for the longest
    /// and to which the program has no handle, one without events before one with events or keys, which are
    /// lost then. If there is no
    /// such channel, or if the program has handles to the 32 that have been idle for the longest,
    /// [`Hub::channel`](super::Hub::channel) fails.
    ///
    /// The hub remembers up to which position removed channels may have lost events, for as many removed
    /// channels as this maximum. A client that resumes with an older id than the hub remembers has a gap.
    ///
    /// A channel without events takes up to 1 KiB.
    pub fn max_channels(mut self, max: NonZeroUsize) -> Self {
        self.max_channels = max.get();
        self
    }

    /// Sets the maximum number of bytes of events, as they go over the wire, that all channels retain
    /// together. The default is 256 MiB.
    ///
    /// If there are more, the hub evicts the oldest events of all channels. An event that is published to
    /// several channels counts in each of them. Each channel has a bound of its own as well
    /// ([`ChannelOptions::max_bytes`]). Events of closed channels that subscribers are still reading do not count.
    pub fn max_bytes(mut self, max: usize) -> Self {
        self.max_bytes = max;
        self
    }

    /// Sets the time after which a channel that has no subscriber and retains no event is removed. The
    /// default is one minute.
    ///
    /// The time begins when the last subscriber leaves, or when the channel is made. Later calls for any
    /// channel remove up to 32 such channels each. A channel that retains events is removed only to make
    /// room ([`max_channels`](Self::max_channels)), and one to which the program has a handle never.
    pub fn linger(mut self, linger: Duration) -> Self {
        self.linger = linger;
        self
    }

    /// Sets the executor of the tasks that a hub over a store needs ([`Hub::open`](super::Hub::open)).
    ///
    /// With the feature `tokio` the default is that of the tokio runtime in which the hub is opened or used.
    pub fn executor<E>(mut self, executor: E) -> Self
    where
        E: Executor<Pin<Box<dyn Future<Output = ()> + Send>>> + Send + Sync + 'static,
    {
        self.executor = Some(SharedExecutor::new(executor));
        self
    }

    /// Sets the time after which a publication through a store fails. The default is 10 s.
    ///
    /// Until then it is tried again if the store cannot be reached. An event is never stored twice.
    pub fn publish_timeout(mut self, timeout: Duration) -> Self {
        self.publish_timeout = timeout;
        self
    }

    /// Sets the time that a subscriber waits for a store. The default is 10 s.
    ///
    /// If older events have not been read from the store by then, the client has a gap, and the subscription goes
    /// on with what the hub has in memory. Publishers and other subscribers do not wait.
    pub fn backfill_timeout(mut self, timeout: Duration) -> Self {
        self.backfill_timeout = timeout;
        self
    }

    /// Sets the maximum number of bytes of events that wait to be stored, each with 256 bytes more for its place.
    /// The default is 16 MiB.
    ///
    /// Beyond that, publishers wait for room, until [`publish_timeout`](Self::publish_timeout).
    pub fn max_waiting_bytes(mut self, max: usize) -> Self {
        self.max_waiting_bytes = max;
        self
    }

    /// Sets the time after which a node of which the others hear nothing is dead. The default is 15 s, and the
    /// minimum 1 s.
    ///
    /// The names of a dead node leave the [`Presence`](super::Presence) of its channels. A node with names renews its
    /// lease at each third of the time, every 5 s by default. The time does not run while the store is away. All hubs
    /// over a store must have the same.
    pub fn presence_lease(mut self, lease: Duration) -> Self {
        self.presence_lease = lease.max(Duration::from_secs(1));
        self
    }

    pub(super) fn options_of(&self, name: &str) -> ChannelOptions {
        let common = self.channels.clone();
        if is_generation(name) {
            return generation_options(name, common.timer);
        }
        match &self.each {
            Some(each) => each(name, common),
            None => common,
        }
    }
}

impl fmt::Debug for HubOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HubOptions")
            .field("channels", &self.channels)
            .field("max_channels", &self.max_channels)
            .field("max_bytes", &self.max_bytes)
            .field("linger", &self.linger)
            .finish_non_exhaustive()
    }
}
