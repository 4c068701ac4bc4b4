use std::{fmt, pin::Pin, sync::Arc, time::Instant};
#[cfg(feature = "channel")]
use std::{future::Future, pin::pin, time::Duration};

#[cfg(feature = "channel")]
use futures_util::future::{Either, select};
use hyper::rt::{Sleep, Timer};

/// A time that never comes: an `Instant` cannot hold any time.
#[cfg(feature = "channel")]
const FAR: Duration = Duration::from_secs(30 * 365 * 24 * 60 * 60);

/// The clock that a layer and all its streams share.
#[derive(Clone)]
pub(crate) struct SharedTimer(Arc<dyn Timer + Send + Sync>);

impl SharedTimer {
    pub(crate) fn new<T: Timer + Send + Sync + 'static>(timer: T) -> Self {
        Self(Arc::new(timer))
    }

    pub(crate) fn now(&self) -> Instant {
        self.0.now()
    }

    pub(crate) fn sleep_until(&self, end: Instant) -> Pin<Box<dyn Sleep>> {
        self.0.sleep_until(end)
    }

    /// Makes the sleep end at another moment, or a new one where there is none.
    pub(crate) fn arm<'a>(
        &self,
        sleep: &'a mut Option<Pin<Box<dyn Sleep>>>,
        due: Instant,
    ) -> Pin<&'a mut dyn Sleep> {
        if let Some(sleep) = sleep {
            self.0.reset(sleep, due);
        }
        sleep
            .get_or_insert_with(|| self.0.sleep_until(due))
            .as_mut()
    }
}

#[cfg(feature = "channel")]
impl SharedTimer {
    /// Returns the moment after this time; for a very long time, a moment that never comes.
    pub(crate) fn after(&self, time: Duration) -> Instant {
        self.now() + time.min(FAR)
    }

    pub(crate) fn sleep(&self, time: Duration) -> Pin<Box<dyn Sleep>> {
        self.sleep_until(self.after(time))
    }

    /// Waits for a future until a moment, and drops it then.
    pub(crate) async fn until<F: Future>(&self, end: Instant, future: F) -> Option<F::Output> {
        let future = pin!(future);
        match select(future, self.sleep_until(end)).await {
            Either::Left((output, _)) => Some(output),
            Either::Right(_) => None,
        }
    }
}

impl fmt::Debug for SharedTimer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SharedTimer")
    }
}

#[cfg(all(test, feature = "channel", feature = "tokio"))]
mod tests {
    use std::future::{pending, ready};

    use hyper_util::rt::TokioTimer;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn waits_for_a_future_until_a_moment() {
        let timer = SharedTimer::new(TokioTimer::new());
        let end = timer.after(Duration::from_secs(5));
        assert_eq!(timer.until(end, ready(1)).await, Some(1));
        assert!(timer.now() < end);
        assert_eq!(timer.until(end, pending::<()>()).await, None);
        assert!(timer.now() >= end);
    }

    #[tokio::test(start_paused = true)]
    async fn a_time_may_be_too_long_for_an_instant() {
        let timer = SharedTimer::new(TokioTimer::new());
        let sleep = timer.sleep(Duration::MAX);
        let end = timer.after(Duration::from_secs(60));
        assert_eq!(timer.until(end, sleep).await, None);
    }
}
