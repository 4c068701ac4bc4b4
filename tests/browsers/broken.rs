use serde_json::{Value, json};

use crate::{engine::Engine, server::Scheme};

/// Returns how a fetch ends for a page when its body breaks.
///
/// WebKit takes the body for whole over HTTP/1.1, unless the connection is reset, and waits for ever
/// over HTTP/2.
pub(crate) fn broken(engine: Engine, scheme: Scheme) -> Value {
    match (engine, scheme) {
        (Engine::Chromium | Engine::Firefox, _) | (_, Scheme::HttpSocket) => json!("broken"),
        (Engine::WebKit, Scheme::Http) => json!("whole"),
        (Engine::WebKit, Scheme::Https) => Value::Null,
    }
}
