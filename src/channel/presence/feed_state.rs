//! The names of which a channel is the feed.

use std::sync::Arc;

use super::{node_presence::NodePresence, roster::Roster};
use crate::sync::Mutex;

/// The part of a channel that only a feed has.
pub(in crate::channel) struct FeedState {
    /// The name of the channel whose subscribers are tracked.
    pub(super) tracked: Arc<str>,
    pub(super) roster: Mutex<Roster>,
    /// The node whose others have to know. `None` for a hub without a store.
    pub(super) node: Option<Arc<NodePresence>>,
}
