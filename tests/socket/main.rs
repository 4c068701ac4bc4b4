//! Streams over real sockets: what clients get, byte for byte, and when the server drops a stream.

mod client;
mod curl;
mod raw;
mod server;

mod departures;
mod ends;
mod failures;
mod head_requests;
mod heads;
mod heartbeats;
mod openings;
mod reloads;
mod routers;

#[path = "../support/curl_command.rs"]
mod curl_command;
#[path = "../support/guard.rs"]
mod guard;

use self::guard::guard;
