//! Taking the records of the tail.

use super::{connection::Next, follower::Follower, node_log::NodeLog};
use crate::store::{Head, Position, Record, StoreError, Tailed};

impl<L: NodeLog> Follower<L> {
    /// Begins the epoch of the store, after a position.
    pub(super) fn begin(&mut self, head: Head, base: Position) {
        self.fresh = None;
        self.asked = Position::ZERO;
        self.target = head.last;
        self.is_caught_up = false;
        self.seen.begin(head.epoch, base);
        self.log.begin(head.epoch, base);
        self.note_lost(head.lost);
        self.check_caught_up();
    }

    pub(super) async fn take(&mut self, tailed: Tailed) -> Result<Next, StoreError> {
        if let Some(head) = self.fresh.filter(|head| head.epoch == tailed.epoch) {
            self.begin(head, tailed.before);
        }
        let (epoch, at) = self.seen.position();
        if epoch != Some(tailed.epoch) {
            return Ok(Next::Reconnect);
        }
        if tailed.record.position() <= at {
            return Ok(Next::GoOn);
        }
        if tailed.before != at && self.hole(tailed.before).await? == Next::Reconnect {
            return Ok(Next::Reconnect);
        }
        self.follow(&tailed);
        self.check_caught_up();
        if self.seen.lost().is_some_and(|lost| lost > self.asked) {
            self.record_loss().await?;
        }
        Ok(Next::GoOn)
    }

    /// Goes on after a hole. The store knows the losses that the hole hid.
    async fn hole(&mut self, base: Position) -> Result<Next, StoreError> {
        let head = self.head().await?;
        if self.seen.position().0 != Some(head.epoch) {
            return Ok(Next::Reconnect);
        }
        self.log.lost(head.lost);
        self.log.hole(base);
        Ok(Next::GoOn)
    }

    fn follow(&mut self, tailed: &Tailed) {
        let position = tailed.record.position();
        self.seen.follow(tailed.before, position);
        match &tailed.record {
            Record::Entry(stored) => self.log.append(stored),
            Record::Lost(_) => {
                self.note_lost(position);
                self.log.advance(position);
            }
        }
    }

    pub(super) fn note_lost(&mut self, at: Position) {
        self.log.lost(at);
        self.seen.settle(at);
    }

    pub(super) fn check_caught_up(&mut self) {
        if !self.is_caught_up && self.seen.position().1 >= self.target {
            self.is_caught_up = true;
            self.log.caught_up();
        }
    }
}
