//! The client of the crate rmcp, and the example `mcp`.

use std::sync::{Arc, Mutex};

use rmcp::{
    ClientHandler, RoleClient,
    model::{CallToolRequestParams, ProgressNotificationParam, ProtocolVersion},
    service::{ClientLifecycleMode, ClientServiceExt, NotificationContext, RunningService},
    transport::{
        StreamableHttpClientTransport, streamable_http_client::StreamableHttpClientTransportConfig,
    },
};
use serde_json::json;

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

async fn connect(
    handler: Handler,
    url: String,
    lifecycle: ClientLifecycleMode,
) -> RunningService<RoleClient, Handler> {
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let config = StreamableHttpClientTransportConfig::with_uri(url);
    let transport = StreamableHttpClientTransport::with_client(http, config);
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
