//! The task that appends.

use std::{future::Future, sync::Arc};

use super::{batch::OpenBatch, error::CommitError, options::CommitOptions, queue::Queue};
use crate::{
    channel::node::{backoff::Backoff, seen::Seen, shared_store::SharedStore},
    store::{Appended, Batch, StoreError, StoreErrorKind},
    sync::{Mutex, lock},
    time::SharedTimer,
};

/// The part of a committer that its task uses.
pub(super) struct Shared {
    pub(super) store: SharedStore,
    pub(super) seen: Arc<Seen>,
    pub(super) timer: SharedTimer,
    pub(super) options: CommitOptions,
    pub(super) queue: Mutex<Queue>,
}

/// Appends until nothing waits.
pub(super) fn run(shared: Arc<Shared>) -> impl Future<Output = ()> {
    // Outside of the future, because an executor may drop it before it is polled.
    let mut guard = StopGuard {
        shared,
        is_running: true,
    };
    async move {
        while let Some(batch) = guard.take() {
            let shared = &guard.shared;
            if let Some(refused) = shared.commit(batch).await {
                // One publish may be at fault: the others are appended without it.
                for batch in refused.split() {
                    shared.commit(batch).await;
                }
            }
        }
    }
}

/// Lets another task start when the executor drops this one, and answers the publishes that wait.
struct StopGuard {
    shared: Arc<Shared>,
    /// Whether this is the task that the queue knows.
    is_running: bool,
}

impl StopGuard {
    fn take(&mut self) -> Option<OpenBatch> {
        let shared = &self.shared;
        let next = lock(&shared.queue).take(shared.timer.now(), &shared.options);
        // Otherwise the queue has noted the end already, and another task may run by now.
        self.is_running = next.is_some();
        next
    }
}

impl Drop for StopGuard {
    fn drop(&mut self) {
        if !self.is_running {
            return;
        }
        let left = lock(&self.shared.queue).stop();
        for waiting in left {
            let error = StoreError::with_source(
                StoreErrorKind::Unavailable,
                "the executor has dropped the task that publishes",
            );
            waiting.waiter.answer(Err(CommitError::Store(error)));
        }
    }
}

impl Shared {
    /// Appends a batch, until all its publishes are answered. Returns a batch of several publishes that was
    /// refused.
    async fn commit(&self, mut batch: OpenBatch) -> Option<OpenBatch> {
        let counter = lock(&self.queue).next_counter();
        let mut backoff = Backoff::new(&self.timer, self.options.pauses);
        loop {
            batch.expire(self.timer.now());
            let deadline = batch.next_deadline()?;
            let attempt = self.attempt(counter, &batch);
            match self.timer.until(deadline, attempt).await {
                Some(Ok(appended)) => {
                    batch.succeed(&appended);
                    return None;
                }
                Some(Err(error)) if error.is_retryable() => batch.fail_attempt(Some(error)),
                Some(Err(error)) => return give_up(batch, error),
                None => batch.fail_attempt(None),
            }
            let pause = self.timer.after(backoff.pause());
            self.timer.sleep_until(pause.min(deadline)).await;
        }
    }

    async fn attempt(&self, counter: u64, batch: &OpenBatch) -> Result<Appended, StoreError> {
        let (epoch, seen) = self.seen.highest();
        let request = Batch::new(self.options.publisher, counter, batch.entries());
        let appended = self.store.append(request.seen(epoch, seen)).await?;
        if appended.positions.len() != batch.len() {
            let cause = "the store has answered with another number of positions";
            return Err(StoreError::with_source(StoreErrorKind::Unknown, cause));
        }
        self.seen.acknowledge(&appended);
        Ok(appended)
    }
}

/// Fails a batch, or returns one of several publishes that the store has refused or has no room for: only one of
/// them may be the cause.
fn give_up(batch: OpenBatch, error: StoreError) -> Option<OpenBatch> {
    let is_refused = matches!(error.kind(), StoreErrorKind::Refused | StoreErrorKind::Full);
    if is_refused && batch.can_split() && !batch.is_doubtful() {
        return Some(batch);
    }
    batch.fail(error);
    None
}
