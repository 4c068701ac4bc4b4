//! A store of events in SQLite, into which an application writes its events itself: an outbox.
//!
//! The application adds an event in the transaction that changes its own tables ([`SqliteStore::write`] and
//! [`Outbox::add`]). Either both are stored or neither, and a process that is killed after the commit loses
//! nothing: the hubs read the event from the store.
//!
//! A database that is restored from a backup needs another epoch: `update hub set epoch = 'any7abc'`.

mod append;
mod error;
mod history;
mod kind;
mod options;
mod outbox;
mod read;
mod schema;
mod sqlite_store;
mod state;
mod tail;
mod topic_state;

pub(crate) use self::{
    error::SqliteError, options::SqliteOptions, outbox::Outbox, sqlite_store::SqliteStore,
};
