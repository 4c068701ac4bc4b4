//! Official clients, and streams that end early: because the server shuts down, their time is over,
//! they are revoked, or the handler fails.
//!
//! No client may take half an answer for a whole one, and those that reconnect by themselves must
//! wait as long as the `retry` says. What a client cannot do better than is written down here, and in
//! the guide.

mod agreed;
mod cause;
pub(crate) mod protocol;
pub(crate) mod reader;
pub(crate) mod server;
mod tls;

mod answers;

pub(crate) mod ag_ui;
pub(crate) mod ai_sdk;
pub(crate) mod anthropic;
mod fetch_event_source;
pub(crate) mod graphql;
pub(crate) mod openai;

mod reconnects;

mod node;
mod python;
mod rust;

use std::time::Duration;

/// How long clients are to wait that reconnect, by the first line of a stream.
const OPENING: Duration = Duration::from_millis(1600);
/// The same, by the `retry` that is sent last at a shutdown.
const FINAL_RETRY: Duration = Duration::from_millis(400);
