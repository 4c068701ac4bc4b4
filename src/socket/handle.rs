use std::{
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU8, Ordering},
    },
};

use http::{Extensions, Version};

use super::orders::{Order, Orders};

/// There are orders, which a write carries out.
const ORDERS: u8 = 1;
/// Something else has changed, which concerns reads too.
const STATUS: u8 = 2;

/// What a [`Socket`](super::Socket) and the streams on it know of each other.
///
/// It belongs in the extensions of each request that comes over the socket, where
/// [`SseLayer::socket`](crate::SseLayer::socket) looks for it. Used as a
/// [`Layer`](tower_layer::Layer), it adds itself there.
#[derive(Clone, Default)]
pub struct SocketHandle {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    /// What has changed since the socket looked: all that a read or a write looks at.
    news: AtomicU8,
    state: Mutex<State>,
    stalled: AtomicBool,
}

#[derive(Default)]
struct State {
    orders: Orders,
    status: Status,
}

/// What the socket keeps a copy of.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Status {
    /// How many streams are open.
    pub(super) streams: usize,
    /// Whether the last stream to begin came by HTTP/1.
    pub(super) is_http1: bool,
    pub(super) breaks: bool,
    /// The request that has come since the socket looked.
    pub(super) request: Option<RequestBody>,
}

impl Status {
    /// Returns `true` if a stream is open that came by HTTP/1.
    pub(super) fn carries_http1(&self) -> bool {
        self.is_http1 && self.streams > 0
    }
}

/// What follows the head of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RequestBody {
    Bytes(u64),
    Unknown,
}

impl SocketHandle {
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// Returns `true` if the connection was reset because its client read too slowly.
    pub fn has_stalled(&self) -> bool {
        self.shared.stalled.load(Ordering::Acquire)
    }

    pub(super) fn set_stalled(&self) {
        self.shared.stalled.store(true, Ordering::Release);
    }

    /// Finds the connection that a request came by.
    pub(crate) fn find(extensions: &Extensions) -> Option<Self> {
        extensions.get().cloned()
    }

    /// Counts a stream that begins on the connection.
    pub(crate) fn begin_stream(&self, version: Version) {
        self.update(|status| {
            status.streams += 1;
            status.is_http1 = version < Version::HTTP_2;
        });
    }

    /// Counts a stream that has ended.
    pub(crate) fn end_stream(&self) {
        self.update(|status| status.streams = status.streams.saturating_sub(1));
    }

    /// Makes the socket reset the connection when it is dropped, in place of closing it. For HTTP/1:
    /// over HTTP/2 it would be the end of other streams.
    pub(crate) fn break_on_close(&self) {
        self.update(|status| status.breaks = true);
    }

    /// Notes that the head of an HTTP/1 request has been read.
    pub(super) fn note_request(&self, body: RequestBody) {
        self.update(|status| status.request = Some(body));
    }

    /// Leaves an order for the next write. Returns what it can be retracted by.
    pub(super) fn leave(&self, order: Order) -> u64 {
        let id = self.state().orders.leave(order);
        self.shared.news.fetch_or(ORDERS, Ordering::Release);
        id
    }

    /// Removes an order, if it still waits.
    pub(super) fn retract_order(&self, id: u64) {
        self.state().orders.retract(id);
    }

    /// Takes the orders that have been left.
    pub(super) fn take_orders(&self) -> Option<Order> {
        self.has(ORDERS).then(|| self.state().orders.take())?
    }

    /// Returns the status, if it has changed.
    pub(super) fn take_status(&self) -> Option<Status> {
        self.has(STATUS).then(|| {
            let mut state = self.state();
            let status = state.status;
            state.status.request = None;
            status
        })
    }

    /// Returns `true` if nothing has changed since the socket looked.
    pub(super) fn is_quiet(&self) -> bool {
        self.shared.news.load(Ordering::Acquire) == 0
    }

    /// Returns `true` once for each time that there is news of a kind.
    fn has(&self, kind: u8) -> bool {
        // Before the state is looked at, so that what is added in between is news again.
        self.shared.news.fetch_and(!kind, Ordering::AcqRel) & kind != 0
    }

    fn update(&self, change: impl FnOnce(&mut Status)) {
        change(&mut self.state().status);
        self.shared.news.fetch_or(STATUS, Ordering::Release);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        let locked = self.shared.state.lock();
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
