use serde_json::{Value, json};

use crate::{engine::Engine, server::Scheme};

/// Returns what a page sees of an answer to a fetch that is broken off, as it calls its end.
///
/// WebKit takes it for a whole one over HTTP/1.1, and waits for ever over HTTP/2.
pub(crate) fn broken(engine: Engine, scheme: Scheme) -> Value {
    match (engine, scheme) {
        (Engine::Chromium | Engine::Firefox, _) => json!("broken"),
        (Engine::WebKit, Scheme::Http) => json!("whole"),
        (Engine::WebKit, Scheme::Https) => Value::Null,
    }
}
