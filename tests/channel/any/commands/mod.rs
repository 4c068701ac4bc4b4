//! What publishers, subscribers and the server can do.

mod draft;
mod generate;
mod opening;

pub(crate) use self::{
    draft::{Draft, MORE},
    generate::{commands, config},
    opening::{Adapter, CHUNK, LastId, MALFORMED, Opening, Start},
};

/// One step of a case. Channels and subscribers are named by their index.
#[derive(Clone, Debug)]
pub(crate) enum Command {
    /// A publisher publishes one event by itself, or several together.
    Publish(usize, Vec<Draft>),
    /// A client subscribes.
    Open(Opening),
    /// The server polls so many times: `true` by the task that polled before, `false` by another.
    Poll(usize, usize, bool),
    /// The client disconnects.
    Drop(usize),
    /// A channel closes.
    Close(usize),
    /// A channel is replaced by one of another epoch.
    Restart(usize),
    /// So many milliseconds pass.
    Advance(u64),
}
