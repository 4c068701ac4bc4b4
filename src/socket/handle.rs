use std::{fmt, sync::Arc};

use http::{Extensions, Version};

use super::orders::{SocketOrder, SocketOrders};
use crate::sync::{
    Mutex, MutexGuard, PoisonError,
    atomic::{AtomicBool, AtomicU8, Ordering},
};

/// A bit of the changes: there are orders, which a write carries out.
const ORDERS: u8 = 1;
/// A bit of the changes: the status has changed, which concerns reads too.
const STATUS: u8 = 2;

/// A handle by which the streams on a connection reach its [`Socket`](super::Socket).
///
/// It belongs in the extensions of each request that comes over the socket, where
/// [`SseLayer::socket`](crate::SseLayer::socket) looks for it. Used as a
/// [`Layer`](tower_layer::Layer), it adds itself there.
#[derive(Clone, Default)]
pub struct SocketHandle {
    inner: Arc<HandleInner>,
}

#[derive(Default)]
struct HandleInner {
    /// What has changed since the socket last checked. This is all that most reads and writes check, so
    /// that they take no lock.
    changes: AtomicU8,
    mailbox: Mutex<Mailbox>,
    stalled: AtomicBool,
}

/// The orders of streams, and the status of the connection, until the socket takes them.
#[derive(Default)]
struct Mailbox {
    orders: SocketOrders,
    status: Status,
}

/// The state of a connection, of which the socket keeps a copy.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Status {
    /// How many streams are open.
    pub(super) streams: usize,
    /// Whether the last stream to begin came by HTTP/1.
    pub(super) is_http1: bool,
    /// Whether the socket resets the connection when it is dropped.
    pub(super) resets: bool,
    /// The request that has come since the socket last checked.
    pub(super) request: Option<RequestBody>,
}

impl Status {
    /// Returns `true` if a stream is open that came by HTTP/1.
    pub(super) fn carries_http1(&self) -> bool {
        self.is_http1 && self.streams > 0
    }
}

/// The body that follows the head of a request.
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
        self.inner.stalled.load(Ordering::Acquire)
    }

    pub(super) fn set_stalled(&self) {
        self.inner.stalled.store(true, Ordering::Release);
    }

    /// Returns the handle of the connection over which a request came, if it has a socket.
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

    /// Makes the socket reset the connection when it is dropped, in place of closing it. This is
    /// for HTTP/1: over HTTP/2 it would end other streams.
    pub(crate) fn reset_on_close(&self) {
        self.update(|status| status.resets = true);
    }

    /// Records that the head of an HTTP/1 request has been read.
    pub(super) fn set_request(&self, body: RequestBody) {
        self.update(|status| status.request = Some(body));
    }

    /// Leaves an order, which the next write carries out. Returns the order's id.
    pub(super) fn push_order(&self, order: SocketOrder) -> u64 {
        let id = self.mailbox().orders.push(order);
        self.inner.changes.fetch_or(ORDERS, Ordering::Release);
        id
    }

    /// Removes an order, if it still waits.
    pub(super) fn cancel_order(&self, id: u64) {
        self.mailbox().orders.cancel(id);
    }

    /// Takes the orders that wait, as one.
    pub(super) fn take_orders(&self) -> Option<SocketOrder> {
        self.take_change(ORDERS)
            .then(|| self.mailbox().orders.take())?
    }

    /// Returns the status, if it has changed.
    pub(super) fn take_status(&self) -> Option<Status> {
        self.take_change(STATUS).then(|| {
            let mut mailbox = self.mailbox();
            let status = mailbox.status;
            mailbox.status.request = None;
            status
        })
    }

    /// Returns `true` if nothing has changed since the socket last checked.
    pub(super) fn is_unchanged(&self) -> bool {
        self.inner.changes.load(Ordering::Acquire) == 0
    }

    /// Clears the bit of a change. Returns `true` if it was set.
    fn take_change(&self, bit: u8) -> bool {
        // Before the mailbox is read, so that what is added in between sets the bit again.
        self.inner.changes.fetch_and(!bit, Ordering::AcqRel) & bit != 0
    }

    fn update(&self, change: impl FnOnce(&mut Status)) {
        change(&mut self.mailbox().status);
        self.inner.changes.fetch_or(STATUS, Ordering::Release);
    }

    fn mailbox(&self) -> MutexGuard<'_, Mailbox> {
        let locked = self.inner.mailbox.lock();
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
