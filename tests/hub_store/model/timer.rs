use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use hyper::rt::{Sleep, Timer};

/// Tokio's clock, which the test pauses.
///
/// Sleeps end at whole milliseconds of the test. Tokio rounds as well, but from a start that the paused clock does
/// not control, and the histories must not depend on it.
#[derive(Clone, Copy)]
pub(super) struct ModelTimer;

struct ModelSleep(Pin<Box<tokio::time::Sleep>>);

impl Timer for ModelTimer {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Sleep>> {
        let millis = duration.as_nanos().div_ceil(1_000_000);
        let millis = u64::try_from(millis).unwrap();
        let sleep = tokio::time::sleep(Duration::from_millis(millis));
        Box::pin(ModelSleep(Box::pin(sleep)))
    }

    fn sleep_until(&self, end: Instant) -> Pin<Box<dyn Sleep>> {
        self.sleep(end.saturating_duration_since(self.now()))
    }

    fn now(&self) -> Instant {
        tokio::time::Instant::now().into_std()
    }
}

impl Future for ModelSleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.0.as_mut().poll(cx)
    }
}

impl Sleep for ModelSleep {}
