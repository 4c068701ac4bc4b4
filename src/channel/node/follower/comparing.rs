//! Comparing a node with the store.

use std::future::Future;

use super::{connection::Next, follower::Follower, node_log::NodeLog};
use crate::store::{Batch, Head, Position, StoreError, StoreErrorKind};

impl<L: NodeLog> Follower<L> {
    /// Compares the node with the store, and returns where the tail begins.
    pub(super) async fn start(&mut self) -> Result<Option<Position>, StoreError> {
        // In an epoch that is new to the node there is nothing to compare.
        if self.compare().await? == Next::GoOn {
            return Ok(Some(self.seen.position().1));
        }
        match self.fresh {
            // The newest part of the tail fills the memory, so that few subscribers need pages.
            Some(head) if head.last > Position::ZERO => Ok(None),
            Some(head) => {
                self.begin(head, Position::ZERO);
                Ok(Some(Position::ZERO))
            }
            None => Ok(Some(self.seen.position().1)),
        }
    }

    /// Compares the node with the store: the epoch, the last position, and the recorded loss.
    pub(super) async fn compare(&mut self) -> Result<Next, StoreError> {
        // Before the store is read: what is acknowledged meanwhile may not be in the answer.
        let (epoch, highest) = self.seen.highest();
        let head = self.head().await?;
        if epoch != Some(head.epoch) {
            self.fresh = Some(head);
            return Ok(Next::Reconnect);
        }
        if head.last < highest {
            self.seen.miss(highest);
        }
        self.asked = Position::ZERO;
        self.target = head.last;
        self.note_lost(head.lost);
        self.check_caught_up();
        self.record_loss().await?;
        Ok(Next::GoOn)
    }

    /// Compares the node with the store when no record has come for some time.
    pub(super) async fn idle(&mut self) -> Result<Next, StoreError> {
        if let Some(head) = self.fresh {
            // The tail retains nothing: pages have all that there is.
            self.begin(head, head.last);
            return Ok(Next::Reconnect);
        }
        let next = self.compare().await?;
        // The tail has been silent though there are records: its connection may be dead.
        if self.seen.position().1 < self.target {
            return Ok(Next::Reconnect);
        }
        self.succeed();
        if next == Next::GoOn {
            self.log.silent();
        }
        Ok(next)
    }

    /// Makes the store record a loss that it has no record of.
    pub(super) async fn record_loss(&mut self) -> Result<(), StoreError> {
        let Some(lost) = self.seen.lost() else {
            return Ok(());
        };
        let (epoch, seen) = self.seen.highest();
        self.counter += 1;
        let batch = Batch::new(self.options.publisher, self.counter, &[]);
        let append = self.store.append(batch.seen(epoch, seen).lost(lost));
        self.call(append).await?;
        self.asked = lost;
        Ok(())
    }

    pub(super) async fn head(&self) -> Result<Head, StoreError> {
        let read = self.store.read(&[], Position::ZERO, 1);
        Ok(self.call(read).await?.head)
    }

    async fn call<T>(
        &self,
        call: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        let end = self.timer.after(self.options.call_timeout);
        let answer = self.timer.until(end, call).await;
        answer.unwrap_or_else(|| Err(StoreError::new(StoreErrorKind::Unknown)))
    }
}
