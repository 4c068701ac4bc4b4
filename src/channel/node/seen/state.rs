//! The knowledge of a node about one epoch.

use std::collections::VecDeque;

use super::acknowledged::Acknowledged;
use crate::store::{Epoch, Head, Position};

/// The maximum number of positions that are remembered of the tail.
const MAX_POSITIONS: usize = 1024;

#[derive(Debug, Default)]
pub(super) struct SeenState {
    epoch: Option<Epoch>,
    /// The position of the last record of the tail.
    position: Position,
    /// The highest position that a page has shown.
    read: Position,
    /// The newest positions that the tail has brought, without a hole from `known_from`.
    tailed: VecDeque<Position>,
    known_from: Position,
    acknowledged: Acknowledged,
    /// What was acknowledged in an epoch that the follower has not begun.
    ahead: Option<(Epoch, Acknowledged)>,
    /// A position that was lost and that no record of the store mentions yet.
    lost: Position,
}

impl SeenState {
    pub(super) fn highest(&self) -> (Option<Epoch>, Position) {
        let acknowledged = self.acknowledged.highest().unwrap_or_default();
        let known = self.position.max(self.read).max(acknowledged);
        (self.epoch, known)
    }

    pub(super) fn position(&self) -> (Option<Epoch>, Position) {
        (self.epoch, self.position)
    }

    pub(super) fn lost(&self) -> Option<Position> {
        (self.lost > Position::ZERO).then_some(self.lost)
    }

    /// Notes an acknowledged position. Returns `true` if the store must be asked.
    pub(super) fn acknowledge(&mut self, epoch: Epoch, position: Position) -> bool {
        if self.epoch != Some(epoch) {
            self.acknowledge_ahead(epoch, position);
            return true;
        }
        if position > self.position {
            self.acknowledged.push(position);
            return false;
        }
        // The tail was faster than the answer, or it has passed without the position.
        let is_known = self.tailed.binary_search(&position).is_ok();
        if is_known || position <= self.known_from {
            return false;
        }
        self.miss(position);
        true
    }

    fn acknowledge_ahead(&mut self, epoch: Epoch, position: Position) {
        let ahead = self.ahead.take().filter(|(of, _)| *of == epoch);
        let (_, mut positions) = ahead.unwrap_or((epoch, Acknowledged::default()));
        positions.push(position);
        self.ahead = Some((epoch, positions));
    }

    pub(super) fn read(&mut self, head: Head) {
        if self.epoch == Some(head.epoch) {
            self.read = self.read.max(head.last);
        }
    }

    pub(super) fn begin(&mut self, epoch: Epoch, after: Position) {
        let ahead = self.ahead.take().filter(|(of, _)| *of == epoch);
        let mut acknowledged = ahead.map(|(_, positions)| positions).unwrap_or_default();
        acknowledged.drop_upto(after);
        *self = Self {
            epoch: Some(epoch),
            position: after,
            known_from: after,
            acknowledged,
            ..Self::default()
        };
    }

    pub(super) fn follow(&mut self, before: Position, position: Position) {
        if before < self.position {
            self.miss(self.position);
        }
        if before != self.position {
            self.tailed.clear();
            self.known_from = before;
        }
        // Up to `before` they may have been trimmed.
        self.acknowledged.drop_upto(before);
        while let Some(front) = self.acknowledged.pop_upto(position) {
            if front < position {
                self.miss(front);
            }
        }
        self.remember(position);
    }

    fn remember(&mut self, position: Position) {
        if self.tailed.len() == MAX_POSITIONS {
            self.known_from = self.tailed.pop_front().unwrap_or(position);
        }
        self.tailed.push_back(position);
        self.position = position;
    }

    pub(super) fn miss(&mut self, position: Position) {
        self.lost = self.lost.max(position);
    }

    pub(super) fn settle(&mut self, at: Position) {
        if self.lost < at {
            self.lost = Position::ZERO;
        }
    }
}
