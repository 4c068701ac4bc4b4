use std::{
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll, Waker},
    time::{Duration, Instant},
};

use hyper::rt::{Sleep, Timer};

/// A clock that stands still until it is moved, and then wakes whoever was to sleep so long.
#[derive(Clone)]
pub(crate) struct Clock(Arc<Mutex<Dial>>);

struct Dial {
    now: Instant,
    sleeps: Vec<Arc<Mutex<Until>>>,
}

struct Until {
    end: Instant,
    waker: Option<Waker>,
}

impl Clock {
    pub(crate) fn new() -> Self {
        let now = Instant::now();
        Self(Arc::new(Mutex::new(Dial {
            now,
            sleeps: Vec::new(),
        })))
    }

    pub(crate) fn advance(&self, millis: u64) {
        let mut dial = self.0.lock().unwrap();
        dial.now += Duration::from_millis(millis);
        let now = dial.now;
        dial.sleeps.retain(|sleep| Arc::strong_count(sleep) > 1);
        let due = |sleep: &Arc<Mutex<Until>>| {
            let mut sleep = sleep.lock().unwrap();
            let is_due = sleep.end <= now;
            sleep.waker.take_if(|_| is_due)
        };
        let woken: Vec<_> = dial.sleeps.iter().filter_map(due).collect();
        drop(dial);
        woken.into_iter().for_each(Waker::wake);
    }
}

struct ClockSleep(Clock, Arc<Mutex<Until>>);

impl Future for ClockSleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let now = self.0.now();
        let mut until = self.1.lock().unwrap();
        if until.end <= now {
            return Poll::Ready(());
        }
        until.waker = Some(cx.waker().clone());
        Poll::Pending
    }
}

impl Sleep for ClockSleep {}

impl Timer for Clock {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Sleep>> {
        self.sleep_until(self.now() + duration)
    }

    fn sleep_until(&self, end: Instant) -> Pin<Box<dyn Sleep>> {
        let until = Arc::new(Mutex::new(Until { end, waker: None }));
        self.0.lock().unwrap().sleeps.push(Arc::clone(&until));
        Box::pin(ClockSleep(self.clone(), until))
    }

    fn now(&self) -> Instant {
        self.0.lock().unwrap().now
    }

    /// Forgets who waits: a sleep that is moved is to be polled again.
    fn reset(&self, sleep: &mut Pin<Box<dyn Sleep>>, end: Instant) {
        let sleep = sleep.as_mut().downcast_mut_pin::<ClockSleep>().unwrap();
        *sleep.1.lock().unwrap() = Until { end, waker: None };
    }
}
