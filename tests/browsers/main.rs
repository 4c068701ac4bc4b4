//! Chromium, Firefox and WebKit: what a page sees of event streams, and the examples as a person
//! uses them.
//!
//! Each test starts a browser and makes its checks in turn, each in a tab of its own.

#![cfg(unix)]

mod applications;
mod broken;
mod browser;
mod connection;
mod driver;
mod endings;
mod engine;
mod example;
mod feed;
mod limits;
mod page;
mod process;
mod requests;
mod scratch;
mod screenshots;
mod server;
mod tab;
mod times;
mod tls;
mod wire;

use std::{future::Future, time::Duration};

use self::engine::Engine;

/// Far above what any step takes: it only keeps a failing test from hanging.
const PATIENCE: Duration = Duration::from_secs(30);

async fn guard<F: Future>(step: F) -> F::Output {
    tokio::time::timeout(PATIENCE, step)
        .await
        .expect("the step takes for ever")
}

macro_rules! tests {
    ($($name:ident: $engine:ident),+) => {$(
        mod $name {
            use super::*;

            #[tokio::test]
            #[ignore = "needs three browsers; `tests/all` runs it"]
            async fn reads_what_is_written() {
                wire::check(Engine::$engine).await;
            }

            #[tokio::test]
            #[ignore = "needs three browsers; `tests/all` runs it"]
            async fn connects_and_comes_back() {
                connection::check(Engine::$engine).await;
            }

            #[tokio::test]
            #[ignore = "needs three browsers; `tests/all` runs it"]
            async fn sees_how_streams_end() {
                endings::check(Engine::$engine).await;
            }

            #[tokio::test]
            #[ignore = "needs three browsers; `tests/all` runs it"]
            async fn has_its_place_at_a_full_limit() {
                limits::check(Engine::$engine).await;
            }

            #[tokio::test]
            #[ignore = "needs three browsers; `tests/all` runs it"]
            async fn shows_the_examples() {
                applications::check(Engine::$engine).await;
            }
        }
    )+};
}

tests!(chromium: Chromium, firefox: Firefox, webkit: WebKit);
