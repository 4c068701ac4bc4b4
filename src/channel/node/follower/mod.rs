//! Following a store's tail, so that a node has what all nodes publish.

mod comparing;
mod connection;
#[expect(clippy::module_inception, reason = "it holds `Follower`")]
mod follower;
mod node_log;
mod options;
mod taking;
#[cfg(all(test, feature = "tokio"))]
#[expect(clippy::unwrap_used, reason = "its helpers are tests too")]
mod tests;

pub(in crate::channel) use self::{follower::Follower, node_log::NodeLog, options::FollowOptions};
