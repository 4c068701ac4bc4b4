//! Streams over real sockets: what clients get, byte for byte, and when the server lets go.

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

use std::{future::Future, time::Duration};

/// Far above what any step takes: it only keeps a failing test from hanging.
async fn guard<F: Future>(step: F) -> F::Output {
    tokio::time::timeout(Duration::from_secs(10), step)
        .await
        .expect("the step takes for ever")
}
