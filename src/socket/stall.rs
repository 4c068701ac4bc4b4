use std::{
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
    time::{Duration, Instant},
};

use futures_util::task::AtomicWaker;

use crate::{alarm::Alarm, timer::SharedTimer};

/// How long a read leaves it to the write to see whether it can go on.
const TURN: Duration = Duration::from_secs(1);

/// How long a write may wait for a peer that does not read.
#[derive(Debug)]
pub(super) struct Stall {
    timeout: Duration,
    alarm: Alarm,
    waits: Option<Wait>,
    tasks: Arc<Tasks>,
}

#[derive(Clone, Copy, Debug)]
enum Wait {
    Until(Instant),
    /// The time has passed, as a read saw. It fails at this time, if the write says nothing.
    Overdue(Instant),
}

/// Who reads and who writes, who may be two: the alarm wakes both.
#[derive(Debug, Default)]
struct Tasks {
    reader: AtomicWaker,
    writer: AtomicWaker,
}

impl Wake for Tasks {
    fn wake(self: Arc<Self>) {
        self.writer.wake();
        self.reader.wake();
    }
}

impl Stall {
    pub(super) fn new(timeout: Duration, timer: SharedTimer) -> Self {
        Self {
            timeout,
            alarm: Alarm::new(timer),
            waits: None,
            tasks: Arc::default(),
        }
    }

    /// Heeds that something could be written.
    pub(super) fn progress(&mut self) {
        self.waits = None;
    }

    /// Heeds that nothing could be written. Is ready when it has been so for too long.
    pub(super) fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.tasks.writer.register(cx.waker());
        let until = match self.waits {
            Some(Wait::Until(until)) => until,
            Some(Wait::Overdue(_)) => return Poll::Ready(()),
            None => match self.alarm.now().checked_add(self.timeout) {
                Some(until) => until,
                None => return Poll::Pending,
            },
        };
        self.waits = Some(Wait::Until(until));
        self.poll_alarm(until)
    }

    /// Looks at the time from a read, which may be all that goes on. A write that could go on now
    /// has a turn to do so, lest a pause of the whole process be taken for one of the peer's.
    pub(super) fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(waits) = self.waits else {
            return Poll::Pending;
        };
        self.tasks.reader.register(cx.waker());
        let until = match waits {
            Wait::Overdue(until) => return self.poll_alarm(until),
            Wait::Until(until) => until,
        };
        if self.poll_alarm(until).is_ready() {
            // Counted from now, which after a pause is long after that time.
            let end = self.alarm.now() + TURN;
            self.waits = Some(Wait::Overdue(end));
            self.tasks.writer.wake();
            return self.poll_alarm(end);
        }
        Poll::Pending
    }

    fn poll_alarm(&mut self, until: Instant) -> Poll<()> {
        let waker = Waker::from(Arc::clone(&self.tasks));
        let mut cx = Context::from_waker(&waker);
        self.alarm.poll(until, &mut cx).map(drop)
    }
}
