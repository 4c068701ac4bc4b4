//! A read that runs beside its reader.

use std::{
    future::Future,
    pin::{Pin, pin},
    task::{Context, Poll},
};

use futures_util::{
    FutureExt,
    future::{Either, select},
};

use crate::{channel::node::executor::SharedExecutor, sync::oneshot};

/// The future of a read, which is a task of its own until this is dropped. `None` if the store could not be
/// asked in time.
///
/// A slow client polls its subscription rarely. If the read waited for it, it would time out, and keep its turn
/// from other subscriptions.
#[derive(Debug)]
pub(in crate::channel) struct Reading<T>(oneshot::Receiver<Option<T>>);

impl<T: Send + 'static> Reading<T> {
    pub(super) fn spawn(
        executor: &SharedExecutor,
        read: impl Future<Output = Option<T>> + Send + 'static,
    ) -> Self {
        let (mut answer, answered) = oneshot::channel();
        executor.spawn(async move {
            let read = match select(pin!(read), pin!(answer.closed())).await {
                Either::Left((read, _)) => read,
                Either::Right(_) => return,
            };
            // It fails if the reader was dropped.
            let _ = answer.send(read);
        });
        Self(answered)
    }
}

impl<T> Future for Reading<T> {
    type Output = Option<T>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        // It fails if the executor has dropped the task.
        self.0.poll_unpin(cx).map(|read| read.unwrap_or(None))
    }
}
