//! A server of the Model Context Protocol, revision 2025-11-25: a call of a tool goes on when its
//! connection breaks, and the client reads on where it was.

mod message;
mod sessions;
mod tool;

use std::{env, io};

use axum::{
    Json, Router,
    extract::{Request, State},
    http::{HeaderMap, StatusCode, Uri},
    middleware,
    response::{IntoResponse, Response},
    routing::post,
};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tower_sse::{EventStream, LastEventId, SseLayer, Subscription};

use self::{
    message::{error, result},
    sessions::{SESSION, Sessions},
};

const REVISION: &str = "2025-11-25";

#[tokio::main]
async fn main() -> io::Result<()> {
    let app = Router::new()
        .route("/mcp", post(receive).get(resume).delete(end))
        .layer(middleware::map_request(check))
        .layer(SseLayer::new())
        .with_state(Sessions::default());

    let port = env::var("PORT").unwrap_or_else(|_| "3000".to_owned());
    let listener = TcpListener::bind(format!("127.0.0.1:{port}")).await?;
    let address = listener.local_addr()?;
    println!("listening on http://{address}");
    println!("give any MCP client the URL http://{address}/mcp");
    axum::serve(listener, app).await
}

/// Refuses pages from elsewhere, which may have rebound their own name to this address, and other
/// revisions of the protocol.
async fn check(request: Request) -> Result<Request, StatusCode> {
    let header = |name| Some(request.headers().get(name)?.to_str().unwrap_or_default());
    let is_local = |origin: &str| {
        let origin: Uri = origin.parse().unwrap_or_default();
        matches!(origin.host(), Some("localhost" | "127.0.0.1"))
    };
    if !header("origin").is_none_or(is_local) {
        return Err(StatusCode::FORBIDDEN);
    }
    if header("mcp-protocol-version").is_some_and(|revision| revision != REVISION) {
        return Err(StatusCode::BAD_REQUEST);
    }
    Ok(request)
}

async fn receive(
    State(sessions): State<Sessions>,
    headers: HeaderMap,
    Json(message): Json<Value>,
) -> Result<Response, StatusCode> {
    // What has no method is an answer, and this server asks nothing.
    let method = message["method"].as_str().ok_or(StatusCode::BAD_REQUEST)?;
    let (id, params) = (&message["id"], &message["params"]);
    if method == "initialize" && !id.is_null() {
        let session = [(SESSION, sessions.open())];
        return Ok((session, Json(result(id, about()))).into_response());
    }
    sessions.find(&headers, |session| match method {
        "notifications/cancelled" => {
            session.cancel(&params["requestId"]);
            StatusCode::ACCEPTED.into_response()
        }
        _ if id.is_null() => StatusCode::ACCEPTED.into_response(),
        "ping" => Json(result(id, json!({}))).into_response(),
        "tools/list" => Json(result(id, json!({ "tools": [tool::about()] }))).into_response(),
        "tools/call" if params["name"] == "count" => match session.call(id, params) {
            Ok(events) => EventStream::new(events).into_response(),
            Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        },
        "tools/call" => Json(error(id, -32602, "unknown tool")).into_response(),
        _ => Json(error(id, -32601, "method not found")).into_response(),
    })
}

/// Reads on in the stream of a call. There is no stream but those.
async fn resume(
    State(sessions): State<Sessions>,
    headers: HeaderMap,
    last_event_id: Option<LastEventId>,
) -> Result<EventStream<Subscription>, StatusCode> {
    let id = last_event_id.ok_or(StatusCode::METHOD_NOT_ALLOWED)?;
    let events = sessions.find(&headers, |session| session.resume(&id))?;
    events.map(EventStream::new).ok_or(StatusCode::BAD_REQUEST)
}

async fn end(State(sessions): State<Sessions>, headers: HeaderMap) -> StatusCode {
    match sessions.close(&headers) {
        Ok(()) => StatusCode::NO_CONTENT,
        Err(status) => status,
    }
}

fn about() -> Value {
    json!({
        "protocolVersion": REVISION,
        "capabilities": { "tools": {} },
        "serverInfo": { "name": "counter", "version": env!("CARGO_PKG_VERSION") },
    })
}
