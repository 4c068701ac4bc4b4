//! Chromium, Firefox and WebKit: what a page sees of event streams, and the examples as a person
//! uses them.
//!
//! Each test starts a browser and makes its checks in turn, each in a tab of its own.

#![cfg(unix)]

mod applications;
mod balanced;
mod broken;
mod browser;
mod connection;
mod driver;
mod endings;
mod engine;
mod example;
mod feed;
mod hub;
mod limits;
mod page;
mod requests;
mod screenshots;
mod server;
mod tab;
mod times;
mod tls;
mod wire;

#[path = "../support/guard.rs"]
mod guard;
#[path = "../support/launch.rs"]
mod launch;
#[path = "../support/nodes/mod.rs"]
mod nodes;
#[path = "../support/process.rs"]
mod process;
#[path = "../support/scratch.rs"]
mod scratch;

use std::time::Duration;

use self::{engine::Engine, guard::guard};

/// Far longer than a page or a driver takes to get ready.
const PATIENCE: Duration = Duration::from_secs(30);

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
            async fn connects_and_reconnects() {
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
            async fn reads_several_feeds_in_one_stream() {
                hub::check(Engine::$engine).await;
            }

            #[tokio::test]
            #[ignore = "needs three browsers, HAProxy and Redis; `tests/all` runs it"]
            async fn goes_on_while_nodes_are_killed() {
                balanced::check(Engine::$engine).await;
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
