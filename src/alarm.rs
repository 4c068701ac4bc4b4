use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
    time::{Duration, Instant},
};

use hyper::rt::Sleep;

use crate::timer::SharedTimer;

/// A moment to wait for, which may move while it is waited for.
///
/// Moving it costs a clock read: the one sleep is touched only when it has run out.
pub(crate) struct Alarm {
    timer: SharedTimer,
    due: Option<Instant>,
    sleep: Option<Pin<Box<dyn Sleep>>>,
    /// When the sleep will run out; `None` when it has.
    armed: Option<Instant>,
}

impl Alarm {
    pub(crate) fn new(timer: SharedTimer) -> Self {
        Self {
            timer,
            due: None,
            sleep: None,
            armed: None,
        }
    }

    /// Sets the moment to a time from now. One beyond what the clock can tell never comes.
    pub(crate) fn set(&mut self, after: Duration) {
        self.due = self.timer.now().checked_add(after);
    }

    /// Is ready when the moment has come, once.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(due) = self.due else {
            return Poll::Pending;
        };
        loop {
            ready!(self.poll_sleep(due, cx));
            // The end of the sleep is compared with what it was told, not with a second look at
            // the clock, which may have gone on or be a little behind.
            if self.armed.take().is_some_and(|armed| due <= armed) {
                self.due = None;
                return Poll::Ready(());
            }
        }
    }

    fn poll_sleep(&mut self, due: Instant, cx: &mut Context<'_>) -> Poll<()> {
        match (&mut self.sleep, self.armed) {
            (Some(sleep), Some(armed)) if armed <= due => sleep.as_mut().poll(cx),
            _ => {
                self.armed = Some(due);
                self.timer.arm(&mut self.sleep, due).poll(cx)
            }
        }
    }
}

impl fmt::Debug for Alarm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Alarm").field("due", &self.due).finish()
    }
}
