//! Publishing through a store.

use std::{fmt, sync::Arc};

use futures_util::future::{Either, select};

use super::{
    error::CommitError,
    options::CommitOptions,
    task::{self, Shared},
    waiter::{Committed, Waiter, Waiting},
};
use crate::{
    channel::node::{executor::SharedExecutor, seen::Seen, shared_store::SharedStore},
    store::{Entry, Epoch, Position},
    sync::{Mutex, OwnedSemaphorePermit, Semaphore, lock, oneshot},
    time::SharedTimer,
};

/// The bytes that the place of a waiting entry counts.
const PLACE_BYTES: usize = 256;

/// Publishes through a store, in batches. Clones share the queue.
#[derive(Clone)]
pub(in crate::channel) struct Committer {
    shared: Arc<Shared>,
    room: Arc<Semaphore>,
    executor: SharedExecutor,
}

impl Committer {
    /// Creates a committer. It starts a task whenever something is to be appended and none runs.
    pub(in crate::channel) fn new(
        store: SharedStore,
        seen: Arc<Seen>,
        timer: SharedTimer,
        executor: SharedExecutor,
        options: CommitOptions,
    ) -> Self {
        let room = options.waiting_bytes.min(Semaphore::MAX_PERMITS);
        let shared = Shared {
            store,
            seen,
            timer,
            options,
            queue: Mutex::default(),
        };
        Self {
            shared: Arc::new(shared),
            room: Arc::new(Semaphore::new(room)),
            executor,
        }
    }

    /// Returns the epoch of the node, and the highest position that the store has acknowledged or shown.
    pub(in crate::channel) fn highest(&self) -> (Option<Epoch>, Position) {
        self.shared.seen.highest()
    }

    /// Publishes one or more entries, together or not at all, and waits until the store has them. Returns the place
    /// of the last.
    ///
    /// What one task publishes one after the other is stored in this order. Once the entries are queued, dropping
    /// the future unpublishes nothing.
    pub(in crate::channel) async fn publish(
        &self,
        entries: Vec<Entry>,
    ) -> Result<Committed, CommitError> {
        let timer = &self.shared.timer;
        let deadline = timer.after(self.shared.options.timeout);
        let room = self.room(&entries)?;
        let Some(Some(room)) = timer.until(deadline, room).await else {
            return Err(CommitError::TimedOut(None));
        };
        let (answer, answered) = oneshot::channel();
        let waiter = Waiter::new(deadline, answer, room);
        let ticket = self.push(Waiting { entries, waiter });
        let answered = match select(answered, timer.sleep_until(deadline)).await {
            Either::Left((answer, _)) => return answer.unwrap_or(Err(CommitError::Unknown(None))),
            Either::Right((_, answered)) => answered,
        };
        if lock(&self.shared.queue).remove(ticket) {
            return Err(CommitError::TimedOut(None));
        }
        // The task has it, and answers at the same deadline.
        answered.await.unwrap_or(Err(CommitError::Unknown(None)))
    }

    /// Waits for the room that entries take until they are answered.
    fn room(
        &self,
        entries: &[Entry],
    ) -> Result<impl Future<Output = Option<OwnedSemaphorePermit>> + use<>, CommitError> {
        let lens = entries.iter().map(|entry| entry.bytes().len());
        let len = lens.fold(0usize, |sum, len| sum.saturating_add(len + PLACE_BYTES));
        let max = self.shared.options.waiting_bytes;
        let permits = u32::try_from(len).ok().filter(|_| len <= max);
        let permits = permits.ok_or(CommitError::TooLarge { len, max })?;
        let room = Arc::clone(&self.room).acquire_many_owned(permits);
        Ok(async { room.await.ok() })
    }

    fn push(&self, waiting: Waiting) -> u64 {
        let (ticket, must_start) = lock(&self.shared.queue).push(waiting);
        if must_start {
            self.executor.spawn(task::run(Arc::clone(&self.shared)));
        }
        ticket
    }
}

impl fmt::Debug for Committer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Committer")
            .field("options", &self.shared.options)
            .finish_non_exhaustive()
    }
}
