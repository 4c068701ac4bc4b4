//! What clients, handlers and the server can do.

mod action;
mod client;
mod generate;
mod opening;

pub(crate) use self::{
    action::{Action, PIECES},
    client::{ACCEPTS, Client},
    generate::{commands, config},
    opening::{Kind, Opening},
};

/// One step of a case. Requests, shutdowns and registries are named by their index.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Command {
    /// A client sends a request.
    Open(Opening),
    /// A slow handler responds.
    Respond(usize),
    /// The handler's stream does something.
    Act(usize, Action),
    /// The server polls: `true` by the task that polled before, `false` by another.
    Poll(usize, bool),
    /// The client disconnects.
    Drop(usize),
    /// So many milliseconds pass.
    Advance(u64),
    /// A shutdown begins.
    TriggerShutdown(usize),
    /// The streams of a registry are revoked, or those of one key.
    Revoke(usize, Option<usize>, Revocation),
}

/// How streams are revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Revocation {
    /// Whether an event stops clients from reconnecting.
    pub(crate) stops: bool,
    /// Whether it has a final event of its own.
    pub(crate) has_final_event: bool,
}
