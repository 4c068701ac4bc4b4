//! How frames reach the server: what is gathered into one, and when the server gets to flush.

mod adopted;
mod feed;
mod full_socket;
mod pending;
mod server;
mod times;

#[path = "../support/guard.rs"]
mod guard;
#[path = "../support/task.rs"]
mod task;
