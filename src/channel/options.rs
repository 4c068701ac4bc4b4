use std::{num::NonZeroUsize, time::Duration};

use hyper::rt::Timer;

use super::{GapPolicy, LagPolicy, NoticePolicy, epoch::Epoch, log::LogBounds};
use crate::{EventId, time::SharedTimer};

/// Options of a [`Channel`](super::Channel): its history, and its policy for subscribers that lag.
#[derive(Clone, Debug)]
#[must_use = "options do nothing until a channel has them"]
pub struct ChannelOptions {
    pub(super) timer: SharedTimer,
    pub(super) bounds: LogBounds,
    pub(super) lag_policy: LagPolicy,
    pub(super) gap_policy: GapPolicy,
    pub(super) notice_policy: NoticePolicy,
    /// The id of the event before the first.
    pub(super) after: Option<(Epoch, u64)>,
}

impl ChannelOptions {
    /// Makes options whose time is that of another runtime, or of a test.
    pub fn with_timer<T: Timer + Send + Sync + 'static>(timer: T) -> Self {
        Self {
            timer: SharedTimer::new(timer),
            bounds: LogBounds {
                max_events: 1024,
                max_bytes: 4 << 20,
                max_age: None,
            },
            lag_policy: LagPolicy::default(),
            gap_policy: GapPolicy::default(),
            notice_policy: NoticePolicy::default(),
            after: None,
        }
    }

    /// Sets how many events are retained at most, and published together. By default 1024.
    pub fn max_events(mut self, max: NonZeroUsize) -> Self {
        self.bounds.max_events = max.get();
        self
    }

    /// Sets how many bytes of events, as they go over the wire, are retained at most. By default 4 MiB.
    ///
    /// An event that is larger by itself is not published, nor are those that are larger together.
    ///
    /// On a 64-bit system each event takes up to 144 bytes of memory beside these, and what the
    /// allocator adds to two allocations. So where events are tiny,
    /// [`max_events`](Self::max_events) bounds the memory. By default a full log takes 80 bytes
    /// beside each event: 102 KiB with events of 22 bytes, and never more than 4 MiB and 80 KiB. Its
    /// memory shrinks as it does.
    pub fn max_bytes(mut self, max: usize) -> Self {
        self.bounds.max_bytes = max;
        self
    }

    /// Sets how long an event is retained at most. By default there is no such bound.
    ///
    /// Older events are evicted at the next publication, subscription or resumption. A subscriber that
    /// has not read one by then lags.
    pub fn max_age(mut self, max: Duration) -> Self {
        self.bounds.max_age = Some(max);
        self
    }

    /// Sets the policy for a subscriber whose next event was evicted. By default its stream ends.
    pub fn lag_policy(mut self, policy: LagPolicy) -> Self {
        self.lag_policy = policy;
        self
    }

    /// Sets what a client gets that cannot resume where it was. By default it gets a notice of the gap,
    /// if its [`notice_policy`](Self::notice_policy) allow that, and all events that are retained.
    pub fn gap_policy(mut self, policy: GapPolicy) -> Self {
        self.gap_policy = policy;
        self
    }

    /// Sets the form of the notices that the channel sends by itself: of checkpoints, gaps and lags.
    ///
    /// By default they are named events for a client that names `text/event-stream` in a GET or QUERY,
    /// as browsers do. All other clients get no notice, and without
    /// [`SseLayer`](crate::SseLayer) around the stream no client does: set
    /// [`NoticePolicy::event`] there.
    /// [`Subscription::notice_policy`](super::Subscription::notice_policy) sets it for one client.
    pub fn notice_policy(mut self, policy: NoticePolicy) -> Self {
        self.notice_policy = policy;
        self
    }

    /// Numbers the events on from the last one that another channel has published, by its id: for a
    /// store that outlives the program, with [`GapPolicy::backfill`].
    ///
    /// An id that is none of a channel's is ignored: then the channel numbers as it does by default.
    ///
    /// Two channels that number on from the same id take each other's for their own, and a client that
    /// goes from one to the other misses events in silence. So the old program has ended its
    /// publishing before the new one begins; and [`Topics`](super::Topics) ignore this, unless
    /// [`each`](super::Topics::each) sets it for a topic.
    pub fn after(mut self, last: &EventId) -> Self {
        self.after = Epoch::parse(last.as_str());
        self
    }
}
