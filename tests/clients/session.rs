//! A session of the example `mcp`, by hand.

use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};

use crate::{example::Example, guard};

fn http() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().unwrap()
}

pub(crate) struct Session {
    url: String,
    id: String,
}

impl Session {
    pub(crate) async fn open(server: &Example) -> Self {
        let url = format!("{}/mcp", server.address);
        let initialize = http().post(&url).body(message("initialize", &json!({})));
        let response = send(initialize).await;
        let id = response.headers()["mcp-session-id"].to_str().unwrap();
        let id = id.to_owned();
        let server = json!({ "name": "counter", "version": env!("CARGO_PKG_VERSION") });
        let result = json!({
            "protocolVersion": "2025-11-25", "capabilities": { "tools": {} }, "serverInfo": server,
        });
        let answer = json!({ "jsonrpc": "2.0", "id": 1, "result": result });
        assert_eq!(value(response).await, answer);
        Self { url, id }
    }

    /// Makes a request that names no session.
    pub(crate) fn anonymous(&self, method: Method) -> RequestBuilder {
        http().request(method, &self.url)
    }

    pub(crate) fn request(&self, method: Method) -> RequestBuilder {
        self.anonymous(method).header("mcp-session-id", &self.id)
    }

    pub(crate) fn post(&self, body: String) -> RequestBuilder {
        self.request(Method::POST).body(body)
    }

    pub(crate) fn ping(&self) -> RequestBuilder {
        self.post(message("ping", &json!({})))
    }

    pub(crate) fn resume(&self, last_event_id: &str) -> RequestBuilder {
        let request = self.request(Method::GET);
        request.header("last-event-id", last_event_id)
    }

    pub(crate) async fn cancel(&self, request: u64) {
        let params = json!({ "requestId": request });
        let cancel =
            json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": params });
        let response = send(self.post(cancel.to_string())).await;
        assert_eq!(response.status(), 202);
        assert_eq!(text(response).await, "");
    }

    /// Calls the tool, and reads what the stream begins with: an id.
    pub(crate) async fn count(&self, to: u64) -> (Response, String) {
        let params = json!({ "name": "count", "arguments": { "to": to } });
        let mut response = send(self.post(message("tools/call", &params))).await;
        assert_eq!(
            response.headers()["content-type"],
            "text/event-stream; charset=utf-8"
        );
        let mut text = String::new();
        while !text.ends_with("\n\n") {
            let bytes = guard(response.chunk()).await.unwrap().unwrap();
            text += std::str::from_utf8(&bytes).unwrap();
        }
        let [retry, data, id, ""] = text.lines().collect::<Vec<_>>()[..] else {
            panic!("{text:?}");
        };
        assert!(retry.starts_with("retry: "), "{text:?}");
        assert_eq!(data, "data: ");
        (response, id.strip_prefix("id: ").unwrap().to_owned())
    }

    /// Reads on to the end.
    pub(crate) async fn rest(&self, last_event_id: &str) -> String {
        let text = text(send(self.resume(last_event_id)).await).await;
        let (retry, rest) = text.split_once('\n').unwrap();
        assert!(retry.starts_with("retry: "), "{text:?}");
        rest.to_owned()
    }
}

pub(crate) fn message(method: &str, params: &Value) -> String {
    let message = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
    message.to_string()
}

pub(crate) async fn send(request: RequestBuilder) -> Response {
    let request = request.header("content-type", "application/json");
    guard(request.send()).await.unwrap()
}

pub(crate) async fn status(request: RequestBuilder) -> u16 {
    send(request).await.status().as_u16()
}

pub(crate) async fn text(response: Response) -> String {
    guard(response.text()).await.unwrap()
}

pub(crate) async fn value(response: Response) -> Value {
    serde_json::from_str(&text(response).await).unwrap()
}
