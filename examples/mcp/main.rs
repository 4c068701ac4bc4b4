//! A server of the Model Context Protocol, revision 2025-11-25: a call of a tool goes on when its
//! connection breaks, and the client reads on where it was.

use std::{
    collections::HashMap,
    env, io,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    Json, Router,
    extract::{Request, State},
    http::{HeaderMap, HeaderName, StatusCode, Uri},
    middleware,
    response::{self, IntoResponse, Response},
    routing::post,
};
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::Mutex, task::JoinHandle, time::sleep};
use tower_sse::{
    Channel, ChannelOptions, Event, EventStream, LastEventId, PublishError, SseLayer, SseOptions,
    Subscription,
};
use uuid::Uuid;

const REVISION: &str = "2025-11-25";
const SESSION: HeaderName = HeaderName::from_static("mcp-session-id");
/// How long a session lasts that nobody uses.
const IDLE: Duration = Duration::from_secs(3600);
/// How many sessions there may be.
const SESSIONS: usize = 1000;
/// How long a call can be resumed after its end.
const LINGER: Duration = Duration::from_secs(60);

type Shared = Arc<Mutex<Server>>;

#[derive(Default)]
struct Server {
    /// When each session was last used, by an id that nobody can guess.
    sessions: HashMap<String, Instant>,
    calls: Vec<Call>,
}

/// A call of the tool, which ends when it is dropped.
struct Call {
    session: String,
    request: Value,
    channel: Channel,
    task: JoinHandle<()>,
}

impl Drop for Call {
    fn drop(&mut self) {
        self.task.abort();
    }
}

#[tokio::main]
async fn main() -> io::Result<()> {
    let app = Router::new()
        .route("/mcp", post(receive).get(resume).delete(end))
        .layer(middleware::map_request(check))
        .layer(SseLayer::new())
        .with_state(Shared::default());

    let port = env::var("PORT").unwrap_or_else(|_| "3000".to_owned());
    let listener = TcpListener::bind(format!("127.0.0.1:{port}")).await?;
    let address = listener.local_addr()?;
    println!("listening on http://{address}");
    println!("give any MCP client the URL http://{address}/mcp");
    axum::serve(listener, app).await
}

/// Rejects pages from elsewhere, which may have rebound their own name to this address, and other
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
    State(server): State<Shared>,
    headers: HeaderMap,
    Json(message): Json<Value>,
) -> response::Result<Response> {
    // What has no method is an answer, and this server asks nothing.
    let method = message["method"].as_str().ok_or(StatusCode::BAD_REQUEST)?;
    let (id, params) = (&message["id"], &message["params"]);
    let mut server = server.lock().await;
    if method == "initialize" && !id.is_null() {
        let session = Uuid::new_v4().to_string();
        server.sessions.retain(|_, used| used.elapsed() < IDLE);
        if server.sessions.len() >= SESSIONS {
            return Err(StatusCode::SERVICE_UNAVAILABLE.into());
        }
        server.sessions.insert(session.clone(), Instant::now());
        let answer = Json(answer(id, "result", about()));
        return Ok(([(SESSION, session)], answer).into_response());
    }
    let session = server.find(&headers)?;
    if method == "notifications/cancelled" {
        let request = &params["requestId"];
        let other = |call: &Call| call.session != session || call.request != *request;
        server.calls.retain(other);
    }
    if id.is_null() {
        return Ok(StatusCode::ACCEPTED.into_response());
    }
    let error = |code, text| answer(id, "error", json!({ "code": code, "message": text }));
    let answer = match method {
        "ping" => answer(id, "result", json!({})),
        "tools/list" => answer(id, "result", json!({ "tools": [tool()] })),
        "tools/call" if params["name"] == "count" => {
            let events = server.call(session, &message)?;
            // Its client comes back by GET for what it has not read.
            let options = SseOptions::new().resumable(true);
            return Ok((options, EventStream::new(events)).into_response());
        }
        "tools/call" => error(-32602, "unknown tool"),
        _ => error(-32601, "method not found"),
    };
    Ok(Json(answer).into_response())
}

/// Reads on in the stream of a call. There is no stream but those.
async fn resume(
    State(server): State<Shared>,
    headers: HeaderMap,
    last_event_id: Option<LastEventId>,
) -> Result<EventStream<Subscription>, StatusCode> {
    let id = last_event_id.ok_or(StatusCode::METHOD_NOT_ALLOWED)?;
    let mut server = server.lock().await;
    let session = server.find(&headers)?;
    let mut calls = server.calls.iter().filter(|call| call.session == session);
    let events = calls.find_map(|call| call.channel.try_resume(&id).ok());
    Ok(EventStream::new(events.ok_or(StatusCode::BAD_REQUEST)?))
}

/// Ends a session, and its calls with it.
async fn end(State(server): State<Shared>, headers: HeaderMap) -> Result<StatusCode, StatusCode> {
    let mut server = server.lock().await;
    let session = server.find(&headers)?;
    server.calls.retain(|call| call.session != session);
    server.sessions.remove(&session);
    Ok(StatusCode::NO_CONTENT)
}

impl Server {
    /// Returns the session that a request names.
    fn find(&mut self, headers: &HeaderMap) -> Result<String, StatusCode> {
        let session = headers.get(SESSION).ok_or(StatusCode::BAD_REQUEST)?;
        let session = session.to_str().unwrap_or_default();
        let used = self.sessions.get_mut(session);
        let used = used.filter(|used| used.elapsed() < IDLE);
        *used.ok_or(StatusCode::NOT_FOUND)? = Instant::now();
        self.calls.retain(|call| !call.task.is_finished());
        Ok(session.to_owned())
    }

    /// Starts a call, and returns a subscription to its messages.
    fn call(&mut self, session: String, message: &Value) -> Result<Subscription, PublishError> {
        let channel = Channel::new(ChannelOptions::new());
        // With its id the client can come back, before it has read anything else.
        channel.publish(Event::new(""))?;
        let events = channel.replay();
        let call = Call {
            session,
            request: message["id"].clone(),
            task: tokio::spawn(count(channel.clone(), message.clone())),
            channel,
        };
        self.calls.push(call);
        Ok(events)
    }
}

/// Counts, whether or not somebody reads it.
async fn count(channel: Channel, message: Value) {
    let (id, params) = (&message["id"], &message["params"]);
    // It fails only if the request's id or token is larger than all that a channel may hold.
    let send = |message: Value| drop(channel.publish(Event::new(message.to_string())));
    let to = params["arguments"]["to"].as_u64();
    let to = to.filter(|to| (1..=100).contains(to));
    let token = &params["_meta"]["progressToken"];
    for number in 1..=to.unwrap_or(0) {
        sleep(Duration::from_millis(500)).await;
        let progress = json!({ "progressToken": token, "progress": number, "total": to });
        if !token.is_null() {
            let method = "notifications/progress";
            send(json!({ "jsonrpc": "2.0", "method": method, "params": progress }));
        }
    }
    let text = match to {
        Some(to) => format!("counted to {to}"),
        None => "`to` must be from 1 to 100".to_owned(),
    };
    let content = json!([{ "type": "text", "text": text }]);
    let result = json!({ "content": content, "isError": to.is_none() });
    send(answer(id, "result", result));
    channel.close();
    sleep(LINGER).await;
}

fn answer(id: &Value, kind: &str, content: Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, kind: content })
}

fn about() -> Value {
    json!({
        "protocolVersion": REVISION,
        "capabilities": { "tools": {} },
        "serverInfo": { "name": "counter", "version": env!("CARGO_PKG_VERSION") },
    })
}

fn tool() -> Value {
    let to = json!({ "type": "integer", "minimum": 1, "maximum": 100 });
    json!({
        "name": "count",
        "description": "Counts, two numbers a second, and reports its progress",
        "inputSchema": { "type": "object", "properties": { "to": to }, "required": ["to"] },
    })
}
