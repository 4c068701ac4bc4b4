//! The client of the crate rmcp, and the example `mcp`.

use std::sync::{Arc, Mutex};

use reqwest::{Method, RequestBuilder, Response};
use rmcp::{
    ClientHandler, RoleClient,
    model::{CallToolRequestParams, ProgressNotificationParam, ProtocolVersion},
    service::{ClientLifecycleMode, ClientServiceExt, NotificationContext, RunningService},
    transport::{
        StreamableHttpClientTransport, streamable_http_client::StreamableHttpClientTransportConfig,
    },
};
use serde_json::{Value, json};

use crate::{example::Example, guard, wire::Wire};

/// How far a call has come, of how much.
type Progress = (f64, Option<f64>);

#[derive(Clone, Default)]
struct Handler {
    progress: Arc<Mutex<Vec<Progress>>>,
}

impl ClientHandler for Handler {
    async fn on_progress(
        &self,
        params: ProgressNotificationParam,
        _: NotificationContext<RoleClient>,
    ) {
        let progress = (params.progress, params.total);
        self.progress.lock().unwrap().push(progress);
    }
}

fn http() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().unwrap()
}

async fn connect(
    handler: Handler,
    url: String,
    lifecycle: ClientLifecycleMode,
) -> RunningService<RoleClient, Handler> {
    let config = StreamableHttpClientTransportConfig::with_uri(url);
    let transport = StreamableHttpClientTransport::with_client(http(), config);
    let client = handler.serve_with_lifecycle(transport, lifecycle);
    guard(client).await.unwrap()
}

fn count(to: u64) -> CallToolRequestParams {
    let arguments = json!({ "to": to }).as_object().cloned();
    CallToolRequestParams::new("count").with_arguments(arguments.unwrap())
}

#[tokio::test]
async fn rmcp_reads_on_after_a_cut() {
    let server = Example::start("mcp").await;
    let address = server.address.strip_prefix("http://").unwrap();
    let wire = Wire::to(address.parse().unwrap()).await;
    let handler = Handler::default();
    let url = format!("http://{}/mcp", wire.address);
    let client = connect(handler.clone(), url, ClientLifecycleMode::Initialize).await;
    let tools = guard(client.list_all_tools()).await.unwrap();
    let names: Vec<_> = tools.iter().map(|tool| tool.name.as_ref()).collect();
    assert_eq!(names, ["count"]);

    // In the middle of the second event.
    wire.cut_after(r#""progress":2"#);
    let answer = guard(client.call_tool(count(4))).await.unwrap();
    assert!(wire.is_cut());
    let content = serde_json::to_value(&answer.content).unwrap();
    assert_eq!(content, json!([{ "type": "text", "text": "counted to 4" }]));
    assert_eq!(answer.is_error, Some(false));
    let progress = handler.progress.lock().unwrap().clone();
    let expected = [1.0, 2.0, 3.0, 4.0].map(|number| (number, Some(4.0)));
    assert_eq!(progress, expected);
    guard(client.cancel()).await.unwrap();
}

#[tokio::test]
async fn rmcp_falls_back_from_the_revision_without_sessions() {
    let server = Example::start("mcp").await;
    let url = format!("{}/mcp", server.address);
    let lifecycle = ClientLifecycleMode::Auto {
        preferred_versions: vec![ProtocolVersion::V_2026_07_28],
        legacy_version: None,
    };
    let client = connect(Handler::default(), url, lifecycle).await;
    let answer = guard(client.call_tool(count(101))).await.unwrap();
    assert_eq!(answer.is_error, Some(true));
    guard(client.cancel()).await.unwrap();
}

/// A session by hand.
struct Session {
    url: String,
    id: String,
}

impl Session {
    async fn open(server: &Example) -> Self {
        let mut this = Self {
            url: format!("{}/mcp", server.address),
            id: String::new(),
        };
        let initialize = message("initialize", &json!({}));
        let response = send(http().post(&this.url).body(initialize)).await;
        let id = response.headers()["mcp-session-id"].to_str().unwrap();
        id.clone_into(&mut this.id);
        this
    }

    fn request(&self, method: Method) -> RequestBuilder {
        let request = http().request(method, &self.url);
        request.header("mcp-session-id", &self.id)
    }

    fn post(&self, method: &str, params: &Value) -> RequestBuilder {
        self.request(Method::POST).body(message(method, params))
    }

    fn resume(&self, last_event_id: &str) -> RequestBuilder {
        let request = self.request(Method::GET);
        request.header("last-event-id", last_event_id)
    }

    /// Calls the tool, and reads what the stream begins with: an id.
    async fn count(&self, to: u64) -> (Response, String) {
        let params = json!({ "name": "count", "arguments": { "to": to } });
        let mut response = send(self.post("tools/call", &params)).await;
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        let mut text = String::new();
        while !text.ends_with("\n\n") {
            let bytes = guard(response.chunk()).await.unwrap().unwrap();
            text += str::from_utf8(&bytes).unwrap();
        }
        let [retry, data, id, ""] = text.lines().collect::<Vec<_>>()[..] else {
            panic!("{text:?}");
        };
        assert!(retry.starts_with("retry: "), "{text:?}");
        assert_eq!(data, "data: ");
        (response, id.strip_prefix("id: ").unwrap().to_owned())
    }
}

fn message(method: &str, params: &Value) -> String {
    let message = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
    message.to_string()
}

async fn send(request: RequestBuilder) -> Response {
    let request = request.header("content-type", "application/json");
    guard(request.send()).await.unwrap()
}

async fn status(request: RequestBuilder) -> u16 {
    send(request).await.status().as_u16()
}

async fn text(response: Response) -> String {
    guard(response.text()).await.unwrap()
}

#[tokio::test]
async fn a_call_is_resumed_only_in_its_session() {
    let server = Example::start("mcp").await;
    let (session, other) = (Session::open(&server).await, Session::open(&server).await);
    let (first, id) = session.count(1).await;
    assert_eq!(status(other.resume(&id)).await, 400);
    assert_eq!(status(session.resume("other-0")).await, 400);
    assert_eq!(status(session.request(Method::GET)).await, 405);

    let stream = id.strip_suffix("-1").unwrap();
    let result = concat!(
        r#"{"id":1,"jsonrpc":"2.0","result":{"#,
        r#""content":[{"text":"counted to 1","type":"text"}],"isError":false}}"#,
    );
    let event = format!("data: {result}\nid: {stream}-2\n\n");
    assert_eq!(text(first).await, event);
    // It has ended, and can still be read.
    let resumed = text(send(session.resume(&id)).await).await;
    let (_, resumed) = resumed.split_once('\n').unwrap();
    assert_eq!(resumed, event);
}

#[tokio::test]
async fn a_call_ends_when_it_is_cancelled() {
    let server = Example::start("mcp").await;
    let session = Session::open(&server).await;
    let (call, _) = session.count(100).await;
    let cancel = json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": 1 } });
    let cancel = session.request(Method::POST).body(cancel.to_string());
    assert_eq!(status(cancel).await, 202);
    assert_eq!(text(call).await, "");
}

#[tokio::test]
async fn a_session_ends_with_its_calls() {
    let server = Example::start("mcp").await;
    let session = Session::open(&server).await;
    let (call, _) = session.count(100).await;
    assert_eq!(status(session.request(Method::DELETE)).await, 204);
    assert_eq!(text(call).await, "");
    assert_eq!(status(session.request(Method::DELETE)).await, 404);
    assert_eq!(status(session.post("ping", &json!({}))).await, 404);
}

#[tokio::test]
async fn what_is_wrong_is_refused() {
    let server = Example::start("mcp").await;
    let session = Session::open(&server).await;
    let ping = || session.post("ping", &json!({}));
    assert_eq!(
        status(ping().header("origin", "http://localhost:1234")).await,
        200
    );
    assert_eq!(
        status(ping().header("origin", "http://elsewhere.example")).await,
        403
    );
    assert_eq!(
        status(ping().header("mcp-protocol-version", "2025-11-25")).await,
        200
    );
    assert_eq!(
        status(ping().header("mcp-protocol-version", "2024-11-05")).await,
        400
    );
    let without_session = http().post(&session.url).body(message("ping", &json!({})));
    assert_eq!(status(without_session).await, 400);
    assert_eq!(status(session.request(Method::POST).body("[]")).await, 400);

    let unknown = session.post("tools/call", &json!({ "name": "sleep" }));
    let unknown: Value = serde_json::from_str(&text(send(unknown).await).await).unwrap();
    assert_eq!(unknown["error"]["code"], -32602);
    let unknown = session.post("prompts/list", &json!({}));
    let unknown: Value = serde_json::from_str(&text(send(unknown).await).await).unwrap();
    assert_eq!(unknown["error"]["code"], -32601);
}
