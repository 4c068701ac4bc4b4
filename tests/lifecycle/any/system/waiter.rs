use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use crate::task::Task;

/// A task that waits for a future of a number.
pub(crate) struct Waiter {
    future: Pin<Box<dyn Future<Output = usize>>>,
    task: Task,
    was_polled: bool,
    output: Option<usize>,
}

impl Waiter {
    pub(crate) fn new(future: impl Future<Output = usize> + 'static) -> Self {
        Self {
            future: Box::pin(future),
            task: Task::default(),
            was_polled: false,
            output: None,
        }
    }

    /// Returns the output if the future is ready. Asserts that the task was woken for it.
    pub(crate) fn output(&mut self) -> Option<usize> {
        if self.output.is_none() {
            let was_woken = self.task.wakes() > 0 || !self.was_polled;
            let waker = self.task.waker();
            let polled = self.future.as_mut().poll(&mut Context::from_waker(&waker));
            self.was_polled = true;
            if let Poll::Ready(number) = polled {
                assert!(was_woken, "it is ready, and its task was not woken");
                self.output = Some(number);
            }
        }
        self.output
    }
}
