//! A channel and the layer, which put between the events nothing that clients that ask once stumble over.

use std::time::Duration;

use axum::{
    Router,
    extract::Request,
    response::{IntoResponse, Response},
};
use http::Method;
use http_body_util::BodyExt;
use serde_json::Value;
use tokio::{net::TcpListener, time::sleep};
use tower_sse::{
    Channel, ChannelOptions, EventStream, Heartbeat, LastEventId, NoticePolicy, SseLayer,
};

use super::{check, clients::*, server::respond_beside};
use crate::ends::{
    ag_ui::RUN,
    ai_sdk::UI_MESSAGE_STREAM,
    anthropic::MESSAGES,
    graphql::{DISTINCT_CONNECTIONS, SINGLE_CONNECTION},
    openai::{CHAT, RESPONSES},
    protocol::{Protocol, WHOLE},
    reader::{Reader, text},
};

const HEARTBEAT: Duration = Duration::from_millis(20);

type Row = (fn() -> Reader, &'static Protocol);

const NODE: &[Row] = &[
    (openai_chat, &CHAT),
    (openai_chat_stream, &CHAT),
    (openai_responses, &RESPONSES),
    (anthropic, &MESSAGES),
    (anthropic_stream, &MESSAGES),
    (ai_chat, &UI_MESSAGE_STREAM),
    (ai_read_message, &UI_MESSAGE_STREAM),
    (ag_ui, &RUN),
    (graphql_sse, &DISTINCT_CONNECTIONS),
    (graphql_sse_by_one_connection, &SINGLE_CONNECTION),
];

const PYTHON: &[Row] = &[
    (openai_chat_of_python, &CHAT),
    (openai_responses_of_python, &RESPONSES),
    (anthropic_of_python, &MESSAGES),
];

#[ignore = "needs Node and its packages; `tests/all` runs it"]
#[tokio::test]
async fn clients_of_node_read_a_subscription_of_their_protocol() {
    read(NODE).await;
}

#[ignore = "needs Python and its packages; `tests/all` runs it"]
#[tokio::test]
async fn clients_of_python_read_a_subscription_of_their_protocol() {
    read(PYTHON).await;
}

async fn read(rows: &[Row]) {
    let read = async |(start, protocol): &Row| {
        let reader = start();
        let url = serve(protocol).await;
        reader.read(&url);
        let is_over = |said: &[Value]| said.iter().any(|line| !line["end"].is_null());
        let said = reader.until(&url, is_over).await;
        let is_right = text(&said) == WHOLE && said[said.len() - 1]["end"] == "complete";
        let wrong = (!is_right).then(|| format!("{said:?}"));
        wrong.into_iter().collect()
    };
    check(rows, read).await;
}

async fn serve(protocol: &'static Protocol) -> String {
    let layer = SseLayer::new().heartbeat(Heartbeat::every(HEARTBEAT));
    let respond = move |request| respond(protocol, request);
    let router = Router::new().fallback(respond).layer(layer);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async { axum::serve(listener, router).await.unwrap() });
    url
}

async fn respond(protocol: &'static Protocol, request: Request) -> Response {
    if let Some(response) = respond_beside(request.method(), request.headers()) {
        return response;
    }
    // The one connection of `graphql-sse` is a GET that names event streams, as a browser's is.
    let request_reads = request.method() == Method::GET;
    // A question that is not read makes the system reset the connection.
    request.into_body().collect().await.unwrap();
    let channel = Channel::new(ChannelOptions::new());
    // A gap, of which the channel says nothing to a client that asks by POST.
    let unknown = LastEventId::new(7.into());
    let mut subscription = channel.resume(unknown.as_ref());
    if request_reads {
        subscription = subscription.notice_policy(NoticePolicy::silent());
    }
    let mut response = EventStream::new(subscription).into_response();
    response.extensions_mut().insert((protocol.options)());
    tokio::spawn(async move {
        for half in protocol.halves() {
            // So that there are heartbeats before each half.
            sleep(4 * HEARTBEAT).await;
            for event in half {
                channel.publish(event).unwrap();
            }
        }
        channel.close();
    });
    response
}
