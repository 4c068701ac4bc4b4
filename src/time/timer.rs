use std::{fmt, pin::Pin, sync::Arc, time::Instant};

use hyper::rt::{Sleep, Timer};

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

impl fmt::Debug for SharedTimer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SharedTimer")
    }
}
