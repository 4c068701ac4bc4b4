//! The `Pending` between two frames, without which a server does not flush.

use std::{
    mem,
    sync::Arc,
    task::{Context, Poll},
};

use futures_util::task::waker_ref;

use super::relay::Relay;

/// A `Pending` that ended a frame, and that the body still has to return to the server.
///
/// A body that gathers the events that are ready polls its source until that is pending, and then has a
/// frame to return. hyper flushes when a body is pending, and not before. If the body polled its source
/// again to find that out, a source that has woken itself would compute its next event while the last one
/// waits in the server's buffer.
///
/// The source gets a waker of the crate's own ([`Relay`]). It shows whether the `Pending` still holds, or
/// whether a wake-up came while the server did not poll the body, such as when its socket was full: the
/// task has then been woken in vain.
#[derive(Debug, Default)]
pub(crate) struct OwedPending {
    /// `None` until a `Pending` is owed, so that a response of one frame does not allocate one.
    relay: Option<Arc<Relay>>,
    owed: bool,
}

impl OwedPending {
    /// Returns `Pending` once after [`owe`](Self::owe). Wakes the task if the source has more to do.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if !mem::take(&mut self.owed) {
            return Poll::Ready(());
        }
        let task = cx.waker();
        let known = self.relay.as_deref();
        // A source that was polled with the task's own waker may have woken the task unseen.
        if known.is_none_or(|relay| relay.redirect(task)) {
            task.wake_by_ref();
        }
        self.relay.get_or_insert_default();
        Poll::Pending
    }

    pub(crate) fn is_owed(&self) -> bool {
        self.owed
    }

    /// Polls the source, with the relay as its waker if there is one.
    pub(crate) fn poll_source<T>(
        &self,
        cx: &mut Context<'_>,
        poll: impl FnOnce(&mut Context<'_>) -> Poll<T>,
    ) -> Poll<T> {
        let Some(relay) = &self.relay else {
            return poll(cx);
        };
        relay.restart(cx.waker());
        poll(&mut Context::from_waker(&waker_ref(relay)))
    }

    /// Makes the next poll return `Pending`.
    pub(crate) fn owe(&mut self) {
        self.owed = true;
    }
}
