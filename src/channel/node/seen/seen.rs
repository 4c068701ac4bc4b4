//! The knowledge that the parts of a node share.

use std::{future::poll_fn, task::Poll};

use super::state::SeenState;
use crate::{
    store::{Appended, Epoch, Head, Position},
    sync::{
        AtomicWaker, Mutex,
        atomic::{AtomicBool, Ordering},
        lock,
    },
};

/// The positions that one node has read, and those that the store has acknowledged to it.
///
/// A store that loses its newest records makes its chain of positions whole again, so that nothing in the
/// store shows the loss. The node remembers which positions must be in the chain, and compares them with what
/// the tail brings.
#[derive(Debug, Default)]
pub(in crate::channel) struct Seen {
    state: Mutex<SeenState>,
    is_doubted: AtomicBool,
    follower: AtomicWaker,
}

impl Seen {
    /// Returns the epoch of the node, and the highest position that it knows.
    pub(in crate::channel) fn highest(&self) -> (Option<Epoch>, Position) {
        lock(&self.state).highest()
    }

    /// Returns the epoch of the node, and the position to which it has followed the tail.
    pub(in crate::channel) fn position(&self) -> (Option<Epoch>, Position) {
        lock(&self.state).position()
    }

    /// Returns a position that was lost, if the store has no record of it yet.
    pub(in crate::channel) fn lost(&self) -> Option<Position> {
        lock(&self.state).lost()
    }

    /// Notes the answer to a batch, before its publishers get it.
    pub(in crate::channel) fn acknowledge(&self, answer: &Appended) {
        let Some(last) = answer.positions.last() else {
            return;
        };
        let is_doubtful = lock(&self.state).acknowledge(answer.epoch, *last);
        if is_doubtful {
            self.doubt();
        }
    }

    /// Notes the state of the store at a read.
    pub(in crate::channel) fn read(&self, head: Head) {
        lock(&self.state).read(head);
    }

    /// Begins an epoch, of which the node follows the tail after a position.
    pub(in crate::channel) fn begin(&self, epoch: Epoch, after: Position) {
        lock(&self.state).begin(epoch, after);
    }

    /// Notes a record of the tail, and the position of the record before it.
    pub(in crate::channel) fn follow(&self, before: Position, position: Position) {
        lock(&self.state).follow(before, position);
    }

    /// Notes that the store does not have a position that it has had.
    pub(in crate::channel) fn miss(&self, position: Position) {
        lock(&self.state).miss(position);
    }

    /// Notes that the store has a record of a loss at this position.
    pub(in crate::channel) fn settle(&self, at: Position) {
        lock(&self.state).settle(at);
    }

    /// Makes the follower compare the node with the store.
    pub(in crate::channel) fn doubt(&self) {
        self.is_doubted.store(true, Ordering::Release);
        self.follower.wake();
    }

    /// Waits for a doubt. Only the follower does so.
    pub(in crate::channel) async fn doubted(&self) {
        poll_fn(|cx| {
            // Before the flag is read, so that no doubt after it is missed.
            self.follower.register(cx.waker());
            match self.is_doubted.swap(false, Ordering::Acquire) {
                true => Poll::Ready(()),
                false => Poll::Pending,
            }
        })
        .await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn epoch() -> Epoch {
        "e".parse().unwrap()
    }

    fn at(number: u64) -> Position {
        Position::new(number)
    }

    fn seen(records: &[(u64, u64)]) -> Seen {
        let seen = Seen::default();
        seen.begin(epoch(), at(10));
        for (before, position) in records {
            seen.follow(at(*before), at(*position));
        }
        seen
    }

    fn acknowledge(seen: &Seen, position: u64) {
        seen.acknowledge(&Appended::new(epoch(), vec![at(position)]));
    }

    #[test]
    fn misses_nothing_in_a_whole_chain() {
        let seen = seen(&[(10, 12)]);
        for position in [12, 15, 16] {
            acknowledge(&seen, position);
        }
        seen.follow(at(12), at(15));
        seen.follow(at(15), at(16));
        assert_eq!(seen.lost(), None);
        assert_eq!(seen.highest(), (Some(epoch()), at(16)));
    }

    #[test]
    fn misses_what_was_read_and_is_gone() {
        assert_eq!(seen(&[(10, 12), (12, 15), (12, 17)]).lost(), Some(at(15)));
    }

    #[test]
    fn misses_what_was_acknowledged_and_never_read() {
        let seen = seen(&[(10, 12)]);
        acknowledge(&seen, 15);
        acknowledge(&seen, 20);
        seen.follow(at(12), at(17));
        assert_eq!(seen.lost(), Some(at(15)));
    }

    #[test]
    fn misses_what_is_acknowledged_after_the_tail_has_passed() {
        let seen = seen(&[(10, 12), (12, 17)]);
        acknowledge(&seen, 15);
        assert_eq!(seen.lost(), Some(at(15)));
        seen.settle(at(18));
        assert_eq!(seen.lost(), None);
    }

    #[test]
    fn does_not_know_what_was_trimmed() {
        let seen = seen(&[(10, 12)]);
        acknowledge(&seen, 15);
        seen.follow(at(16), at(17));
        acknowledge(&seen, 14);
        assert_eq!(seen.lost(), None);
    }

    #[test]
    fn keeps_what_is_acknowledged_before_its_epoch_begins() {
        let seen = Seen::default();
        acknowledge(&seen, 12);
        seen.begin(epoch(), at(10));
        assert_eq!(seen.highest(), (Some(epoch()), at(12)));
        seen.follow(at(10), at(13));
        assert_eq!(seen.lost(), Some(at(12)));
    }
}
