//! A paused clock.

use std::{
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll, Waker},
    time::{Duration, Instant},
};

use hyper::rt::{Sleep, Timer};

/// A timer whose clock stands still until a test advances it, which wakes the sleeps that are due.
/// Clones share the clock.
#[derive(Clone)]
pub(crate) struct Clock(Arc<Mutex<State>>);

struct State {
    now: Instant,
    sleeps: Vec<Arc<Mutex<Deadline>>>,
}

struct Deadline {
    end: Instant,
    waker: Option<Waker>,
}

impl Clock {
    pub(crate) fn new() -> Self {
        let now = Instant::now();
        Self(Arc::new(Mutex::new(State {
            now,
            sleeps: Vec::new(),
        })))
    }

    /// Moves the clock forward.
    pub(crate) fn advance(&self, millis: u64) {
        let mut state = self.0.lock().unwrap();
        state.now += Duration::from_millis(millis);
        let now = state.now;
        state.sleeps.retain(|sleep| Arc::strong_count(sleep) > 1);
        let due = |sleep: &Arc<Mutex<Deadline>>| {
            let mut sleep = sleep.lock().unwrap();
            let is_due = sleep.end <= now;
            sleep.waker.take_if(|_| is_due)
        };
        let woken: Vec<_> = state.sleeps.iter().filter_map(due).collect();
        drop(state);
        woken.into_iter().for_each(Waker::wake);
    }
}

struct ClockSleep(Clock, Arc<Mutex<Deadline>>);

impl Future for ClockSleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let now = self.0.now();
        let mut deadline = self.1.lock().unwrap();
        if deadline.end <= now {
            return Poll::Ready(());
        }
        deadline.waker = Some(cx.waker().clone());
        Poll::Pending
    }
}

impl Sleep for ClockSleep {}

impl Timer for Clock {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Sleep>> {
        self.sleep_until(self.now() + duration)
    }

    fn sleep_until(&self, end: Instant) -> Pin<Box<dyn Sleep>> {
        let deadline = Arc::new(Mutex::new(Deadline { end, waker: None }));
        self.0.lock().unwrap().sleeps.push(Arc::clone(&deadline));
        Box::pin(ClockSleep(self.clone(), deadline))
    }

    fn now(&self) -> Instant {
        self.0.lock().unwrap().now
    }

    /// Forgets the waker: a sleep that is reset has to be polled again.
    fn reset(&self, sleep: &mut Pin<Box<dyn Sleep>>, end: Instant) {
        let sleep = sleep.as_mut().downcast_mut_pin::<ClockSleep>().unwrap();
        *sleep.1.lock().unwrap() = Deadline { end, waker: None };
    }
}
