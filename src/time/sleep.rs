use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Instant,
};

use hyper::rt::Sleep;

use super::timer::SharedTimer;

/// A sleep until a moment that may move while it is waited for.
///
/// Moving the moment costs nothing: the one sleep of the timer is reset only when it has run out.
pub(crate) struct ResettableSleep {
    timer: SharedTimer,
    sleep: Option<Pin<Box<dyn Sleep>>>,
    /// When the sleep will run out; `None` when it has.
    armed: Option<Instant>,
}

impl ResettableSleep {
    pub(crate) fn new(timer: SharedTimer) -> Self {
        Self {
            timer,
            sleep: None,
            armed: None,
        }
    }

    pub(crate) fn now(&self) -> Instant {
        self.timer.now()
    }

    /// Polls for the moment, and returns it when it has come.
    pub(crate) fn poll(&mut self, due: Instant, cx: &mut Context<'_>) -> Poll<Instant> {
        loop {
            ready!(self.poll_sleep(due, cx));
            // Compared with the time that the sleep was set to, not with the clock, which may have
            // gone on or be a little behind.
            if let Some(armed) = self.armed.take().filter(|armed| due <= *armed) {
                return Poll::Ready(armed);
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

impl fmt::Debug for ResettableSleep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResettableSleep")
            .field("armed", &self.armed)
            .finish()
    }
}
