//! Streams, read by clients that share no code with the server: each as its users have it, over a
//! real socket.
//!
//! Those of JavaScript and Python want packages. `tests/clients/install <directory>` puts them
//! there, and the tests find them by the environment variable `CLIENTS`.

mod bytes;
mod client;
mod ends;
mod example;
mod feed;
mod session;
mod story;
mod wire;

mod curl;
mod llm;
mod mcp;
mod node;
mod openai;
mod python;
mod rmcp;
mod rust;

use std::{future::Future, time::Duration};

/// Far above what any step takes: it only keeps a failing test from hanging.
async fn guard<F: Future>(step: F) -> F::Output {
    tokio::time::timeout(Duration::from_secs(30), step)
        .await
        .expect("the step takes for ever")
}
