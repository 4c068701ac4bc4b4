use std::{
    future::Future,
    mem,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use loom::sync::Mutex;

/// Tokio's `Notify`, as far as the crate uses it.
#[derive(Default)]
pub(crate) struct Notify(Mutex<State>);

#[derive(Default)]
struct State {
    /// How often `notify_waiters` has been called.
    calls: usize,
    next: usize,
    waiting: Vec<(usize, Waker)>,
}

pub(crate) struct OwnedNotified {
    notify: Arc<Notify>,
    /// How often it had been called when this future was made.
    calls: usize,
    id: usize,
}

impl Notify {
    pub(crate) fn notified_owned(self: Arc<Self>) -> OwnedNotified {
        let (calls, id) = {
            let mut state = self.0.lock().unwrap();
            state.next += 1;
            (state.calls, state.next)
        };
        OwnedNotified {
            notify: self,
            calls,
            id,
        }
    }

    pub(crate) fn notify_waiters(&self) {
        let mut state = self.0.lock().unwrap();
        state.calls += 1;
        let waiting = mem::take(&mut state.waiting);
        drop(state);
        waiting.into_iter().for_each(|(_, waker)| waker.wake());
    }
}

impl Future for OwnedNotified {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut state = self.notify.0.lock().unwrap();
        if state.calls != self.calls {
            return Poll::Ready(());
        }
        state.waiting.retain(|(id, _)| *id != self.id);
        state.waiting.push((self.id, cx.waker().clone()));
        Poll::Pending
    }
}

impl Drop for OwnedNotified {
    fn drop(&mut self) {
        let mut state = self.notify.0.lock().unwrap();
        state.waiting.retain(|(id, _)| *id != self.id);
    }
}
