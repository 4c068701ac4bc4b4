//! The options of generations.

use std::{num::NonZeroUsize, time::Duration};

use hyper::rt::Timer;

use super::{AbandonPolicy, OverflowPolicy, UnknownIdPolicy};
use crate::{ChannelOptions, NoticePolicy, time::SharedTimer};

/// Options of [`Generations`](super::Generations): bounds, times and policies.
///
/// ```
/// use std::{num::NonZeroUsize, time::Duration};
/// use futures_util::stream;
/// use tower_sse::{AbandonPolicy, Event, GenerationEnd, GenerationOptions, Generations, OverflowPolicy};
///
/// # #[cfg(feature = "tokio")]
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let options = GenerationOptions::new()
///     .max_bytes(20)
///     .overflow_policy(OverflowPolicy::end())
///     .abandon_policy(AbandonPolicy::after(Duration::from_secs(30)))
///     .linger(Duration::from_secs(10));
/// let generations = Generations::new(options);
///
/// let words = stream::iter(["one", "two", "three"]).chain(stream::pending());
/// # use futures_util::StreamExt;
/// let (_, driver) = generations.start(7, words, |_| Vec::<Event>::new()).unwrap();
/// assert_eq!(driver.await, GenerationEnd::TooLarge);
/// # }
/// # #[cfg(not(feature = "tokio"))] fn main() {}
/// ```
#[derive(Clone, Debug)]
#[must_use = "options do nothing until generations have them"]
pub struct GenerationOptions {
    /// Of the channel of each generation, without its bound in bytes.
    channel: ChannelOptions,
    pub(super) max_bytes: usize,
    pub(super) max_generations: usize,
    pub(super) overflow_policy: OverflowPolicy,
    pub(super) abandon_policy: AbandonPolicy,
    pub(super) unknown_id_policy: UnknownIdPolicy,
    pub(super) linger: Duration,
}

impl GenerationOptions {
    /// Creates options with a timer of another runtime, or of a test.
    pub fn with_timer<T: Timer + Send + Sync + 'static>(timer: T) -> Self {
        let channel = ChannelOptions::with_timer(timer);
        Self {
            channel: channel
                .max_events(NonZeroUsize::MAX)
                .notice_policy(NoticePolicy::silent()),
            max_bytes: 4 << 20,
            max_generations: 1000,
            overflow_policy: OverflowPolicy::default(),
            abandon_policy: AbandonPolicy::default(),
            unknown_id_policy: UnknownIdPolicy::default(),
            linger: Duration::from_secs(60),
        }
    }

    /// Sets the maximum number of bytes of events, as they go over the wire, that a generation retains. The
    /// default is 4 MiB, which is enough for about 15,000 events of OpenAI's form.
    ///
    /// [`overflow_policy`](Self::overflow_policy) applies beyond that. Each event takes up to 144 bytes of memory
    /// besides. With [`OverflowPolicy::end`] the last events do not count.
    pub fn max_bytes(mut self, max: usize) -> Self {
        self.max_bytes = max;
        self
    }

    /// Sets the maximum number of generations, running and ended ones together. The default is 1,000.
    ///
    /// At the maximum, a new generation replaces the one that ended first. If all of them run,
    /// [`Generations::start`](super::Generations::start) fails.
    pub fn max_generations(mut self, max: NonZeroUsize) -> Self {
        self.max_generations = max.get();
        self
    }

    /// Sets the policy for a generation with more bytes than [`max_bytes`](Self::max_bytes). By default it ends.
    pub fn overflow_policy(mut self, policy: OverflowPolicy) -> Self {
        self.overflow_policy = policy;
        self
    }

    /// Sets the policy for a generation without a listener. By default it ends after one minute.
    pub fn abandon_policy(mut self, policy: AbandonPolicy) -> Self {
        self.abandon_policy = policy;
        self
    }

    /// Sets the policy for a client whose `Last-Event-ID` is not of the generation. By default attaching fails.
    pub fn unknown_id_policy(mut self, policy: UnknownIdPolicy) -> Self {
        self.unknown_id_policy = policy;
        self
    }

    /// Sets the time for which an ended generation can be attached to. The default is one minute.
    ///
    /// Its memory is released with the next call of [`Generations`](super::Generations) after that, and
    /// listeners that are still reading keep it.
    pub fn linger(mut self, linger: Duration) -> Self {
        self.linger = linger;
        self
    }

    pub(super) fn timer(&self) -> &SharedTimer {
        self.channel.timer()
    }

    /// Returns the options of the channel of a generation.
    pub(super) fn channel(&self) -> ChannelOptions {
        // Otherwise the bound is checked before, because the last events have to fit in any case.
        let max_bytes = match self.overflow_policy.evicts() {
            true => self.max_bytes,
            false => usize::MAX,
        };
        self.channel.clone().max_bytes(max_bytes)
    }
}
