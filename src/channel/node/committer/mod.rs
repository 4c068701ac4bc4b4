//! Publishing through a store, in batches.
//!
//! While one batch is appended, what is published meanwhile forms the next. A task (`task`) runs only while
//! something is to be appended.

mod batch;
#[expect(clippy::module_inception, reason = "it holds `Committer`")]
mod committer;
mod error;
mod options;
mod queue;
mod task;
#[cfg(all(test, feature = "tokio"))]
#[expect(clippy::unwrap_used, reason = "its helpers are tests too")]
mod tests;
mod waiter;

pub(in crate::channel) use self::{
    committer::Committer, error::CommitError, options::CommitOptions, waiter::Committed,
};
