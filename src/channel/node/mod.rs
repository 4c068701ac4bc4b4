//! The tasks of a hub beside a store: they publish, follow the tail and read pages.
//!
//! - The [`Committer`] appends what the hub publishes, in batches.
//! - The [`Follower`] follows the tail of the store, and keeps a [`NodeLog`] complete.
//! - [`Pages`] reads older events for subscriptions.
//! - [`Seen`], which the three share, is what the node knows to be stored. By it a loss is found.

mod answers;
mod backoff;
mod committer;
mod executor;
mod follower;
mod pages;
mod panics;
mod seen;
mod shared_store;

pub(in crate::channel) use self::{
    committer::{CommitError, CommitOptions, Committed, Committer},
    executor::SharedExecutor,
    follower::{FollowOptions, Follower, NodeLog},
    pages::{NodePlace, PageOptions, PageRequest, Pages, Reading},
    seen::Seen,
    shared_store::SharedStore,
};
