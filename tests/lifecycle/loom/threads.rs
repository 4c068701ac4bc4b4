use std::{
    future::{Future, poll_fn},
    pin::Pin,
    task::{Context, Poll, Waker},
    time::{Duration, Instant},
};

use hyper::rt::{Sleep, Timer};
use loom::future::block_on;

use crate::shutdown::{Member, Shutdown};

/// Runs a test in every order of its threads' steps with so many changes of thread where none had
/// to wait.
pub(crate) fn in_every_order(most: usize, test: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(most);
    builder.check(test);
}

pub(crate) fn shutdown() -> Shutdown {
    Shutdown::with_timer(Never)
}

/// Waits for the end, as a stream does; loom finds it where nobody wakes.
pub(crate) fn wait(member: &mut Member) {
    block_on(poll_fn(|cx| member.poll(cx)));
    // What it looks at next.
    assert!(member.is_triggered());
}

/// Looks for the end as a task does that is not the one to wait.
pub(crate) fn look(member: &mut Member) -> bool {
    let mut cx = Context::from_waker(Waker::noop());
    member.poll(&mut cx).is_ready()
}

/// Time that does not pass.
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
