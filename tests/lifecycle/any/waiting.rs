use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use super::waking::Woken;

/// Somebody who waits for a number, and is asked now and then whether it has come.
pub(crate) struct Waiting {
    future: Pin<Box<dyn Future<Output = usize>>>,
    woken: Woken,
    /// Whether it was looked at before.
    begun: bool,
    came: Option<usize>,
}

impl Waiting {
    pub(crate) fn new(future: impl Future<Output = usize> + 'static) -> Self {
        Self {
            future: Box::pin(future),
            woken: Woken::default(),
            begun: false,
            came: None,
        }
    }

    /// Returns the number if it has come, of which it must have been woken.
    pub(crate) fn look(&mut self) -> Option<usize> {
        if self.came.is_none() {
            let was_woken = self.woken.is() || !self.begun;
            let waker = self.woken.waker();
            let polled = self.future.as_mut().poll(&mut Context::from_waker(&waker));
            self.begun = true;
            if let Poll::Ready(number) = polled {
                assert!(was_woken, "it came, and nobody was woken");
                self.came = Some(number);
            }
        }
        self.came
    }
}
