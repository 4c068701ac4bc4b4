use std::{
    future::poll_fn,
    sync::{Arc, Mutex},
    task::{Poll, Waker},
};

/// Holds a handler back until it is opened. Clones share the gate.
#[derive(Clone, Default)]
pub(crate) struct Gate(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    was_reached: bool,
    is_open: bool,
    waker: Option<Waker>,
}

impl Gate {
    pub(crate) fn open(&self) {
        let mut state = self.0.lock().unwrap();
        state.is_open = true;
        let waker = state.waker.take();
        drop(state);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Returns `true` if the handler was polled.
    pub(crate) fn was_reached(&self) -> bool {
        self.0.lock().unwrap().was_reached
    }

    /// Waits until the gate is open.
    pub(crate) async fn pass(self) {
        let pass = poll_fn(|cx| {
            let mut state = self.0.lock().unwrap();
            state.was_reached = true;
            if state.is_open {
                return Poll::Ready(());
            }
            state.waker = Some(cx.waker().clone());
            Poll::Pending
        });
        pass.await;
    }
}
