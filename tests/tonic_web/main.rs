//! gRPC and gRPC-Web, unharmed by the layer, in either order with `GrpcWebLayer`.

mod client;
mod script;
mod server;

mod calls;
mod sse;
mod wire;

use std::{future::Future, time::Duration};

/// Far above what any step takes: it only keeps a failing test from hanging.
async fn guard<F: Future>(step: F) -> F::Output {
    tokio::time::timeout(Duration::from_secs(10), step)
        .await
        .expect("the step takes for ever")
}
