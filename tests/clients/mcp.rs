//! The example `mcp`, and what the protocol asks of it.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    example::Example,
    session::{Session, message, send, status, text, value},
};

/// Reads the event that ends a call, the second of its stream.
fn end(text: &str, first_id: &str) -> Value {
    let stream = first_id.strip_suffix("-1").unwrap();
    let data = text.strip_prefix("data: ").unwrap();
    let data = data.strip_suffix(&format!("\nid: {stream}-2\n\n"));
    serde_json::from_str(data.unwrap()).unwrap()
}

fn counted_to(to: u64) -> Value {
    let content = json!([{ "type": "text", "text": format!("counted to {to}") }]);
    let result = json!({ "content": content, "isError": false });
    json!({ "jsonrpc": "2.0", "id": 1, "result": result })
}

#[tokio::test]
async fn a_call_can_be_resumed_in_its_session_alone() {
    let server = Example::start("mcp").await;
    let (session, other) = (Session::open(&server).await, Session::open(&server).await);
    let (call, id) = session.count(1).await;
    assert_eq!(status(other.resume(&id)).await, 400);
    assert_eq!(status(session.resume("other-0")).await, 400);
    assert_eq!(status(session.request(Method::GET)).await, 405);

    assert_eq!(end(&text(call).await, &id), counted_to(1));
    // It has ended, another has begun, and it can still be read.
    let _another = session.count(1).await;
    assert_eq!(end(&session.rest(&id).await, &id), counted_to(1));
    let last_id = id.replace("-1", "-2");
    assert_eq!(session.rest(&last_id).await, "");
}

#[tokio::test]
async fn a_call_goes_on_while_its_client_is_away() {
    let server = Example::start("mcp").await;
    let session = Session::open(&server).await;
    let (call, id) = session.count(8).await;
    drop(call);
    // Takes as long as the call itself.
    let (another, _) = session.count(8).await;
    text(another).await;

    let back = Instant::now();
    assert_eq!(end(&session.rest(&id).await, &id), counted_to(8));
    // Less than six of its eight steps take.
    assert!(back.elapsed() < Duration::from_secs(3));
}

#[tokio::test]
async fn a_call_ends_when_it_is_cancelled() {
    let server = Example::start("mcp").await;
    let (session, other) = (Session::open(&server).await, Session::open(&server).await);
    let (call, _) = session.count(100).await;
    session.cancel(1).await;
    assert_eq!(text(call).await, "");

    let (call, id) = session.count(1).await;
    session.cancel(2).await;
    other.cancel(1).await;
    assert_eq!(status(other.request(Method::DELETE)).await, 204);
    assert_eq!(end(&text(call).await, &id), counted_to(1));
}

#[tokio::test]
async fn a_session_ends_with_its_calls() {
    let server = Example::start("mcp").await;
    let session = Session::open(&server).await;
    let (call, id) = session.count(100).await;
    assert_eq!(status(session.request(Method::DELETE)).await, 204);
    assert_eq!(text(call).await, "");
    assert_eq!(status(session.request(Method::DELETE)).await, 404);
    assert_eq!(status(session.resume(&id)).await, 404);
    assert_eq!(status(session.ping()).await, 404);
}

#[tokio::test]
async fn invalid_requests_are_rejected() {
    let server = Example::start("mcp").await;
    let session = Session::open(&server).await;
    for (origin, expected) in [
        ("http://localhost:1234", 200),
        ("http://127.0.0.1", 200),
        ("http://elsewhere.example", 403),
        ("http://localhost.elsewhere.example", 403),
        ("null", 403),
    ] {
        let ping = session.ping().header("origin", origin);
        assert_eq!(status(ping).await, expected, "{origin}");
    }
    for (revision, expected) in [("2025-11-25", 200), ("2024-11-05", 400)] {
        let ping = session.ping().header("mcp-protocol-version", revision);
        assert_eq!(status(ping).await, expected, "{revision}");
    }
    for method in [Method::POST, Method::GET, Method::DELETE] {
        let request = || {
            let request = session.anonymous(method.clone());
            let request = request.header("last-event-id", "other-0");
            request.body(message("ping", &json!({})))
        };
        assert_eq!(status(request()).await, 400, "{method}");
        let unknown = request().header("mcp-session-id", "unknown");
        assert_eq!(status(unknown).await, 404, "{method}");
    }
    assert_eq!(status(session.post("[]".to_owned())).await, 400);
}

#[tokio::test]
async fn what_is_unknown_is_an_error_of_the_protocol() {
    let server = Example::start("mcp").await;
    let session = Session::open(&server).await;
    let sleep = json!({ "name": "sleep" });
    let prompts = json!({});
    for (method, params, code) in [
        ("tools/call", sleep, -32602),
        ("prompts/list", prompts, -32601),
    ] {
        let answer = value(send(session.post(message(method, &params))).await).await;
        assert_eq!(
            (&answer["id"], &answer["error"]["code"]),
            (&json!(1), &json!(code))
        );
    }
}
