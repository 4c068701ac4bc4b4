//! The place of a node, as pages see it.

use std::future::Future;

use crate::store::{Epoch, Position};

/// The epoch and the position that a node has reached.
pub(in crate::channel) trait NodePlace: Send + Sync + 'static {
    /// Returns the epoch, once the node has caught up with it.
    fn epoch(&self) -> Option<Epoch>;

    /// Waits until the node is at a position or beyond. Returns `false` if it stops before.
    fn reached(&self, position: Position) -> impl Future<Output = bool> + Send;
}
