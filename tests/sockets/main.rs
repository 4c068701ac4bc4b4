//! The connections below the streams: what is set on them, and how those end whose clients do not
//! read or are gone.

#![cfg(unix)]

mod client;
mod endless;
mod frames;
#[cfg(target_os = "linux")]
mod namespace;
mod requests;
mod script;
mod scripted;
mod server;
mod settings;
mod tls;

mod applying;
mod carriers;
mod corners;
#[cfg(target_os = "linux")]
mod deaf;
mod departures;
mod held_up;
mod http2;

mod pauses;
mod precedence;
mod readers;
mod reading;
mod resets;
mod served_by_axum;
mod stalls;
mod tuning;
mod unix;
mod upgrades;
#[cfg(target_os = "linux")]
mod vanished;
mod vectored;

#[path = "../support/guard.rs"]
mod guard;

use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tower_sse::{SseLayer, StreamSummary};

use self::guard::guard;

/// Has the close of each stream of the layer reported.
fn watch(layer: SseLayer) -> (SseLayer, UnboundedReceiver<StreamSummary>) {
    let (closed, closes) = unbounded_channel();
    let layer = layer.on_close(move |summary| {
        // Some streams outlive their test.
        let _ = closed.send(summary.clone());
    });
    (layer, closes)
}
