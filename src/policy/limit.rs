use std::time::Duration;

use crate::RejectPolicy;

/// A policy for streams beyond a limit.
///
/// A browser that reloads a page opens the new stream before the server has noticed that the old
/// one is gone. So by default a request waits up to 200 milliseconds for a place that is being
/// given back, before the handler is called. As many requests wait as there are places, and they
/// get places in the order in which they came.
///
/// Only a request that expects a stream waits
/// ([`SseLayer::expect_stream`](crate::SseLayer::expect_stream)). For any other request the limit
/// decides at once, when the handler has returned a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a policy does nothing until a limit has it"]
pub struct LimitPolicy {
    evicts: bool,
    reject: RejectPolicy,
    wait: Duration,
}

impl LimitPolicy {
    /// Rejects the new stream. A [`RejectPolicy`] converts into this.
    pub const fn reject(reject: RejectPolicy) -> Self {
        Self::with(false, reject)
    }

    /// Ends the oldest stream of the same key, which closes as
    /// [`CloseReason::Evicted`](crate::CloseReason::Evicted), and admits the new one. A limit of 0
    /// has no stream to evict, and rejects as [`RejectPolicy::empty_stream`].
    ///
    /// It acts when the handler has returned a stream: a request that gets no stream evicts none.
    /// The evicted stream gives back its places at once, in the other limits of the layer too. It
    /// ends when the server polls it next. If its client does not read, the server does not poll
    /// it, and its connection stays open though the stream no longer counts; the TCP user timeout
    /// or the stall timeout ends it.
    ///
    /// The evicted client must not reconnect and evict the new stream in turn. A client whose GET
    /// or QUERY names `text/event-stream` in `Accept`, as browsers do, gets a last event with the
    /// name and the id `tower-sse.evicted` and a `retry` of 24 days. If it reconnects with that id
    /// all the same, the layer answers 204 No Content
    /// ([`stop_reconnecting`](crate::stop_reconnecting)). A page that is reloaded has no id, and
    /// gets a stream again. Every client gets
    /// [`FinalEvents::eviction`](crate::FinalEvents::eviction), if it is set. Without it, a
    /// one-shot stream breaks. A client without `text/event-stream` in `Accept` that reconnects by
    /// itself evicts the newer stream in turn.
    pub const fn evict_oldest() -> Self {
        Self::with(true, RejectPolicy::empty_stream())
    }

    const fn with(evicts: bool, reject: RejectPolicy) -> Self {
        let wait = Duration::from_millis(200);
        Self {
            evicts,
            reject,
            wait,
        }
    }

    /// Sets how long a request waits for a place. The default is 200 milliseconds; zero decides at
    /// once. If the policy evicts the oldest stream, no request waits.
    pub const fn wait(mut self, time: Duration) -> Self {
        self.wait = time;
        self
    }

    pub(crate) fn evicts(&self) -> bool {
        self.evicts
    }

    pub(crate) fn reject_policy(&self) -> &RejectPolicy {
        &self.reject
    }

    pub(crate) fn wait_time(&self) -> Duration {
        self.wait
    }
}

/// Rejects as [`RejectPolicy::empty_stream`].
impl Default for LimitPolicy {
    fn default() -> Self {
        Self::reject(RejectPolicy::empty_stream())
    }
}

impl From<RejectPolicy> for LimitPolicy {
    fn from(reject: RejectPolicy) -> Self {
        Self::reject(reject)
    }
}
