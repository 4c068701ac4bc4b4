use std::{
    future::{Future, poll_fn},
    pin::Pin,
    task::{Context, Poll, Waker},
    time::{Duration, Instant},
};

use hyper::rt::{Sleep, Timer};
use loom::future::block_on;

use crate::{Shutdown, shutdown::Member};

pub(crate) fn shutdown() -> Shutdown {
    Shutdown::with_timer(Never)
}

/// Waits for the end, as a stream does. If nothing wakes the task, loom reports a deadlock.
pub(crate) fn wait(member: &mut Member) {
    block_on(poll_fn(|cx| member.poll(cx)));
    // The stream looks at this next.
    assert!(member.is_triggered());
}

/// Polls for the end by a task that does not wait for it.
pub(crate) fn look(member: &mut Member) -> bool {
    let mut cx = Context::from_waker(Waker::noop());
    member.poll(&mut cx).is_ready()
}

/// A timer whose time does not pass.
pub(crate) struct Never;

impl Timer for Never {
    fn sleep(&self, _: Duration) -> Pin<Box<dyn Sleep>> {
        Box::pin(NoEnd)
    }

    fn sleep_until(&self, _: Instant) -> Pin<Box<dyn Sleep>> {
        Box::pin(NoEnd)
    }
}

struct NoEnd;

impl Future for NoEnd {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        Poll::Pending
    }
}

impl Sleep for NoEnd {}
