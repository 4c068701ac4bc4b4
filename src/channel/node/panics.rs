//! Panics of a store.

use std::{
    future::{Future, poll_fn},
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    task::Poll,
};

use crate::store::{StoreError, StoreErrorKind};

/// Makes a panic an error of this kind, so that it does not end the task.
pub(super) async fn without_panics<T>(
    kind: StoreErrorKind,
    call: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, StoreError> {
    let mut call = pin!(call);
    poll_fn(|cx| {
        let polled = catch_unwind(AssertUnwindSafe(|| call.as_mut().poll(cx)));
        polled.unwrap_or_else(|_| {
            let error = StoreError::with_source(kind, "it has panicked");
            Poll::Ready(Err(error))
        })
    })
    .await
}
