//! The store in memory.
//!
//! `store` has the lock, `state` everything that the store holds.

mod append;
mod check;
mod keys;
mod options;
mod publishers;
mod state;
mod store;
mod topic_log;

pub use self::{options::MemoryStoreOptions, store::MemoryStore};
