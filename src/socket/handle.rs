use std::{
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

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

    /// Leaves orders for the next write. The first on a connection are those that count.
    pub(super) fn leave(&self, orders: Orders) {
        let mut state = self.state();
        if let State::Untouched = *state {
            *state = State::Left(orders);
            self.shared.waiting.store(true, Ordering::Release);
        }
    }

    /// Takes the orders that have been left, once.
    pub(super) fn take(&self) -> Option<Orders> {
        if !self.shared.waiting.load(Ordering::Acquire) {
            return None;
        }
        self.shared.waiting.store(false, Ordering::Relaxed);
        match std::mem::replace(&mut *self.state(), State::Taken) {
            State::Left(orders) => Some(orders),
            State::Untouched | State::Taken => None,
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
