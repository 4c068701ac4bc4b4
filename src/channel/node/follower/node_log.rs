//! The memory of a node, as a follower sees it.

use crate::store::{Epoch, Position, StoreError, StoredEntry};

/// The memory of a node, which a [`Follower`](super::Follower) keeps complete.
///
/// The node's position, `W`, is that of the last record that the follower has passed to it. Subscribers get
/// nothing above it.
pub(in crate::channel) trait NodeLog: Send + Sync + 'static {
    /// Begins an epoch. The node drops everything that it has, and goes on from the position `base`. Its
    /// subscribers get nothing until [`caught_up`](Self::caught_up).
    fn begin(&self, epoch: Epoch, base: Position);

    /// Goes on from `base`, above or below `W`: records between were missed. The node drops its logs, and reads
    /// older events from the store. `W` never falls.
    fn hole(&self, base: Position);

    /// Appends an entry, and moves `W` to its position.
    fn append(&self, stored: &StoredEntry);

    /// Moves `W` to the position of a record without an entry.
    fn advance(&self, to: Position);

    /// Notes that the store has recorded a loss at this position. Once `W` has reached it, clients with a lower
    /// position are notified of a gap. It is called before `W` moves to the position or beyond.
    fn lost(&self, at: Position);

    /// Notes that `W` has reached the position that the store had when the epoch began.
    fn caught_up(&self);

    /// Notes that there is no record above `W`: the tail is silent, and was compared with the store.
    fn silent(&self);

    /// Notes an error of the store. The follower tries again.
    fn failed(&self, error: &StoreError);

    /// Notes that the store is followed again, after [`failed`](Self::failed).
    fn recovered(&self);
}
