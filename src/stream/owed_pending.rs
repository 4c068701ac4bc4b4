use std::{
    mem,
    sync::Arc,
    task::{Context, Poll},
};

use futures_util::task::waker_ref;

use super::relay::Relay;

/// The `Pending` that ended a frame, which the server is to see after the frame.
///
/// A body that gathers what is ready polls its source until that is pending, and then has a frame to
/// return. hyper flushes when a body is pending, and not before. If the body polled its source for that
/// `Pending` again, a source that has woken itself would go on with its next event while the last one
/// waits in the server's buffer.
///
/// The source gets a waker of the crate's own ([`Relay`]). It shows whether the `Pending` still holds,
/// or whether a wake-up came while the server had no use for the body, such as when its socket was
/// full: hyper then does not poll the body, and the wake-up has passed.
#[derive(Debug, Default)]
pub(crate) struct OwedPending {
    /// `None` before a `Pending` is owed, so that a response of one frame does without.
    relay: Option<Arc<Relay>>,
    owed: bool,
}

impl OwedPending {
    /// Is pending once after [`owe`](Self::owe), with a wake-up if the source has more to do.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if !mem::take(&mut self.owed) {
            return Poll::Ready(());
        }
        let task = cx.waker();
        let known = self.relay.as_deref();
        // A source that was polled with the task's own waker may have woken the task unseen.
        if known.is_none_or(|relay| relay.has_woken(task)) {
            task.wake_by_ref();
        }
        self.relay.get_or_insert_default();
        Poll::Pending
    }

    pub(crate) fn is_owed(&self) -> bool {
        self.owed
    }

    /// Polls the source.
    pub(crate) fn poll_source<T>(
        &self,
        cx: &mut Context<'_>,
        poll: impl FnOnce(&mut Context<'_>) -> Poll<T>,
    ) -> Poll<T> {
        let Some(relay) = &self.relay else {
            return poll(cx);
        };
        relay.start(cx.waker());
        poll(&mut Context::from_waker(&waker_ref(relay)))
    }

    /// Has the next poll be pending.
    pub(crate) fn owe(&mut self) {
        self.owed = true;
    }
}
