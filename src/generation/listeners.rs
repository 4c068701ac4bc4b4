//! The clients that listen to a generation.

use std::{sync::Arc, task::Waker, time::Instant};

use crate::{
    sync::{AtomicWaker, Mutex, lock},
    time::SharedTimer,
};

/// The number of listeners, and since when there is none.
#[derive(Debug)]
pub(super) struct Listeners {
    timer: SharedTimer,
    state: Mutex<State>,
    /// The future that drives the generation.
    driver: AtomicWaker,
}

#[derive(Debug)]
struct State {
    count: usize,
    /// When the last one left.
    idle_since: Instant,
}

impl Listeners {
    pub(super) fn new(timer: SharedTimer) -> Self {
        let idle_since = timer.now();
        Self {
            timer,
            state: Mutex::new(State {
                count: 0,
                idle_since,
            }),
            driver: AtomicWaker::default(),
        }
    }

    pub(super) fn count(&self) -> usize {
        lock(&self.state).count
    }

    /// Returns since when there is no listener. `None` if there is one.
    pub(super) fn idle_since(&self) -> Option<Instant> {
        let state = lock(&self.state);
        (state.count == 0).then_some(state.idle_since)
    }

    /// Has the driver polled when the last listener has left.
    pub(super) fn register(&self, driver: &Waker) {
        self.driver.register(driver);
    }

    pub(super) fn wake_driver(&self) {
        self.driver.wake();
    }

    fn add(&self) {
        lock(&self.state).count += 1;
    }

    fn remove(&self) {
        let is_idle = {
            let mut state = lock(&self.state);
            state.count -= 1;
            state.idle_since = self.timer.now();
            state.count == 0
        };
        if is_idle {
            self.wake_driver();
        }
    }
}

/// A listener, until it is dropped.
#[derive(Debug)]
pub(super) struct Listener(Arc<Listeners>);

impl Listener {
    pub(super) fn new(listeners: &Arc<Listeners>) -> Self {
        listeners.add();
        Self(Arc::clone(listeners))
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.0.remove();
    }
}
