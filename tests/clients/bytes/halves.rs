//! Half an answer that ends cleanly, without the last event of its protocol.

use std::time::Duration;

use serde_json::Value;
use tokio::time::timeout;

use super::{
    check,
    clients::*,
    server::{Answer, Server},
};
use crate::ends::{
    ag_ui::RUN,
    ai_sdk::UI_MESSAGE_STREAM,
    anthropic::MESSAGES,
    graphql::{DISTINCT_CONNECTIONS, SINGLE_CONNECTION},
    openai::{CHAT, RESPONSES},
    protocol::{HALF, Protocol},
    reader::{Reader, text},
};

/// What a client says of half an answer that ends cleanly.
#[derive(Clone, Copy, Debug)]
enum Half {
    /// That it is complete.
    Complete,
    /// An error with this in its message.
    Error(&'static str),
    /// Nothing: it waits.
    Waits,
}

use Half::{Complete, Error, Waits};

/// Many times as long as a client needs to notice the end.
const A_WHILE: Duration = Duration::from_secs(3);

type Row = (fn() -> Reader, &'static Protocol, Half);

#[rustfmt::skip]
const NODE: &[Row] = &[
    (openai_chat,                   &CHAT,                 Complete),
    (openai_chat_stream,            &CHAT,                 Error("missing finish_reason for choice 0")),
    (openai_responses,              &RESPONSES,            Complete),
    (anthropic,                     &MESSAGES,             Complete),
    (anthropic_stream,              &MESSAGES,             Error("stream ended without producing a Message")),
    (ai_chat,                       &UI_MESSAGE_STREAM,    Complete),
    (ai_read_message,               &UI_MESSAGE_STREAM,    Complete),
    (ag_ui,                         &RUN,                  Complete),
    (graphql_sse,                   &DISTINCT_CONNECTIONS, Error("Connection closed while having active streams")),
    (graphql_sse_by_one_connection, &SINGLE_CONNECTION,    Waits),
];

#[rustfmt::skip]
const PYTHON: &[Row] = &[
    (openai_chat_of_python,         &CHAT,                 Complete),
    (openai_responses_of_python,    &RESPONSES,            Complete),
    (anthropic_of_python,           &MESSAGES,             Complete),
];

#[ignore = "needs Node and its packages; `tests/all` runs it"]
#[tokio::test]
async fn many_clients_of_node_take_half_an_answer_that_ends_cleanly_for_a_whole() {
    read_halves(NODE).await;
}

#[ignore = "needs Python and its packages; `tests/all` runs it"]
#[tokio::test]
async fn clients_of_python_take_half_an_answer_that_ends_cleanly_for_a_whole() {
    read_halves(PYTHON).await;
}

async fn read_halves(rows: &[Row]) {
    let read = async |(start, protocol, expected): &Row| {
        let reader = start();
        let [half, _] = protocol.blocks();
        let server = Server::start([Answer::stream(half)]).await;
        reader.read(&server.url);
        let is_read = |said: &[Value]| text(said) == HALF;
        reader.until(&server.url, is_read).await;
        let is_over = |said: &[Value]| said.iter().any(|line| !line["end"].is_null());
        let until_over = reader.until(&server.url, is_over);
        let said = match expected {
            Waits => timeout(A_WHILE, until_over).await.unwrap_or_default(),
            _ => until_over.await,
        };
        let end = said.last().unwrap_or(&Value::Null);
        let is_right = match expected {
            Complete => end["end"] == "complete",
            Error(error) => end["message"].as_str().is_some_and(|it| it.contains(error)),
            Waits => said.is_empty() && text(&reader.said(&server.url)) == HALF,
        };
        let wrong = (!is_right).then(|| format!("{expected:?} expected: {said:?}"));
        wrong.into_iter().collect()
    };
    check(rows, read).await;
}
