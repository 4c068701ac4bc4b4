use std::{
    task::{Context, Poll},
    time::{Duration, Instant},
};

use crate::{alarm::Alarm, timer::SharedTimer};

/// How long a write may wait for a peer that does not read.
#[derive(Debug)]
pub(super) struct Stall {
    timeout: Duration,
    alarm: Alarm,
    waits: Option<Wait>,
}

#[derive(Clone, Copy, Debug)]
enum Wait {
    Until(Instant),
    /// The time has passed, as a read saw; a write may yet go on.
    Overdue,
}

impl Stall {
    pub(super) fn new(timeout: Duration, timer: SharedTimer) -> Self {
        Self {
            timeout,
            alarm: Alarm::new(timer),
            waits: None,
        }
    }

    /// Heeds that something could be written.
    pub(super) fn progress(&mut self) {
        self.waits = None;
    }

    /// Heeds that nothing could be written. Is ready when it has been so for too long.
    pub(super) fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let until = match self.waits {
            Some(Wait::Until(until)) => until,
            Some(Wait::Overdue) => return Poll::Ready(()),
            None => match self.alarm.now().checked_add(self.timeout) {
                Some(until) => until,
                None => return Poll::Pending,
            },
        };
        self.waits = Some(Wait::Until(until));
        self.alarm.poll(until, cx).map(drop)
    }

    /// Looks at the time from a read: it may be in a task of its own, or the only one that goes
    /// on. A write that could go on now has one turn to do so, lest a pause of the whole process
    /// be taken for one of the peer's.
    pub(super) fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        match self.waits {
            Some(Wait::Until(until)) if self.alarm.poll(until, cx).is_ready() => {
                self.waits = Some(Wait::Overdue);
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            Some(Wait::Overdue) => Poll::Ready(()),
            Some(Wait::Until(_)) | None => Poll::Pending,
        }
    }
}
