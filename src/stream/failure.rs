//! The last poll of a body that fails.

use std::task::{Context, Poll};

/// An error that waits until what came before it has been flushed.
///
/// When a body fails, hyper drops everything that it has not written, including the head. So the
/// body is pending once, which makes hyper flush, and fails when it is polled again.
#[derive(Debug)]
pub(crate) struct Failure<E> {
    error: Option<E>,
    flushed: bool,
}

impl<E> Failure<E> {
    pub(crate) fn new(error: E) -> Self {
        Self {
            error: Some(error),
            flushed: false,
        }
    }

    /// Returns the error once, `None` after it.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<E>> {
        if !self.flushed {
            self.flushed = true;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(self.error.take())
    }
}
