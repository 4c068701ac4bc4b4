use std::{
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use http::Extensions;

use super::Orders;

/// What a [`Socket`](super::Socket) and the streams on it tell each other.
///
/// It belongs into the extensions of each request that comes over the socket, where
/// [`SseLayer::socket`](crate::SseLayer::socket) looks for it. As a [`Layer`](tower_layer::Layer) it
/// puts itself there.
#[derive(Clone, Default)]
pub struct SocketHandle {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    /// Whether orders wait: all that a write looks at.
    waiting: AtomicBool,
    orders: Mutex<State>,
    stalled: AtomicBool,
}

#[derive(Default)]
enum State {
    #[default]
    Untouched,
    Left(Orders),
    Taken,
}

impl SocketHandle {
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// Tells whether the connection was aborted because its peer had stopped reading.
    pub fn has_stalled(&self) -> bool {
        self.shared.stalled.load(Ordering::Acquire)
    }

    pub(super) fn set_stalled(&self) {
        self.shared.stalled.store(true, Ordering::Release);
    }

    /// Notes that a stream has begun on the connection.
    pub(crate) fn begin_stream(&self, _: http::Version) {}

    /// Notes that a stream has ended on the connection.
    pub(crate) fn end_stream(&self) {}

    /// Has the connection reset when it closes.
    pub(crate) fn break_on_close(&self) {}

    /// Finds the connection that a request came by.
    pub(crate) fn find(extensions: &Extensions) -> Option<Self> {
        extensions.get().cloned()
    }

    /// Leaves orders for the next write. The first on a connection are those that count: tells
    /// whether these are.
    pub(super) fn leave(&self, orders: Orders) -> bool {
        let mut state = self.state();
        let State::Untouched = *state else {
            return false;
        };
        *state = State::Left(orders);
        self.shared.waiting.store(true, Ordering::Release);
        true
    }

    /// Takes orders back that have been left for a stream that is not to be.
    pub(crate) fn retract(&self) {
        let mut state = self.state();
        if let State::Left(_) = *state {
            *state = State::Untouched;
            self.shared.waiting.store(false, Ordering::Relaxed);
        }
    }

    /// Takes the orders that have been left, once.
    pub(super) fn take(&self) -> Option<Orders> {
        if !self.shared.waiting.load(Ordering::Acquire) {
            return None;
        }
        self.shared.waiting.store(false, Ordering::Relaxed);
        let mut state = self.state();
        match std::mem::take(&mut *state) {
            State::Left(orders) => {
                *state = State::Taken;
                Some(orders)
            }
            // They have been retracted.
            before => {
                *state = before;
                None
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        let locked = self.shared.orders.lock();
        locked.unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for SocketHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SocketHandle")
            .field("has_stalled", &self.has_stalled())
            .finish_non_exhaustive()
    }
}
