use std::{
    hint::black_box,
    sync::Arc,
    task::{Context, Wake, Waker},
};

use futures::StreamExt;
use tower_sse::Subscription;

use super::feed::Feed;

/// A subscription with a task of its own.
pub(crate) struct Reader {
    subscription: Subscription,
    waker: Waker,
}

/// A task that does nothing when it is woken, but whose waker counts its clones as a runtime's does.
struct Task;

impl Wake for Task {
    fn wake(self: Arc<Self>) {}
}

impl Reader {
    pub(crate) fn new(feed: &Feed) -> Self {
        Self {
            subscription: feed.subscribe(),
            waker: Waker::from(Arc::new(Task)),
        }
    }

    pub(crate) fn many(feed: &Feed, count: usize) -> Vec<Self> {
        (0..count).map(|_| Self::new(feed)).collect()
    }

    /// Returns `true` if there was an event.
    pub(crate) fn poll(&mut self) -> bool {
        let mut cx = Context::from_waker(&self.waker);
        let polled = black_box(self.subscription.poll_next_unpin(&mut cx));
        polled.is_ready()
    }

    /// Reads the one event that there is.
    pub(crate) fn read_one(&mut self) {
        assert!(self.poll());
    }

    pub(crate) fn wait(&mut self) {
        assert!(!self.poll());
    }
}
