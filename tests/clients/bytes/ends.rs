//! Streams that end too early, and what is said last.

use std::time::Duration;

use futures::future::join_all;
use serde_json::Value;
use tokio::time::timeout;

use super::{
    clients::*,
    rust::{eventsource_client, reqwest_eventsource},
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

type HalfRow = (fn() -> Reader, &'static Protocol, Half);

#[rustfmt::skip]
const HALVES_OF_NODE: &[HalfRow] = &[
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
const HALVES_OF_PYTHON: &[HalfRow] = &[
    (openai_chat_of_python,         &CHAT,                 Complete),
    (openai_responses_of_python,    &RESPONSES,            Complete),
    (anthropic_of_python,           &MESSAGES,             Complete),
];

#[ignore = "needs Node and its packages; `tests/all` runs it"]
#[tokio::test]
async fn many_clients_of_node_take_half_an_answer_that_ends_cleanly_for_a_whole() {
    read_halves(HALVES_OF_NODE).await;
}

#[ignore = "needs Python and its packages; `tests/all` runs it"]
#[tokio::test]
async fn clients_of_python_take_half_an_answer_that_ends_cleanly_for_a_whole() {
    read_halves(HALVES_OF_PYTHON).await;
}

async fn read_halves(rows: &[HalfRow]) {
    let said = rows.iter().map(|(start, protocol, expected)| async move {
        let reader = start();
        let [half, _] = protocol.blocks();
        let server = Server::start([Answer::stream(half)]).await;
        reader.read(&server.url);
        let is_read = |said: &[Value]| text(said) == HALF;
        reader.until(&server.url, is_read).await;
        let is_over = |said: &[Value]| said.iter().any(|line| !line["end"].is_null());
        let is_over = reader.until(&server.url, is_over);
        let said = match expected {
            Waits => timeout(A_WHILE, is_over).await.unwrap_or_default(),
            _ => is_over.await,
        };
        let end = said.last().unwrap_or(&Value::Null);
        let is_right = match expected {
            Complete => end["end"] == "complete",
            Error(error) => end["message"].as_str().is_some_and(|it| it.contains(error)),
            Waits => said.is_empty() && text(&reader.said(&server.url)) == HALF,
        };
        (!is_right).then(|| format!("{expected:?} expected: {said:?}"))
    });
    let wrong: Vec<_> = join_all(said).await.into_iter().enumerate().collect();
    assert!(wrong.iter().all(|(_, wrong)| wrong.is_none()), "{wrong:#?}");
}

/// Many times as long as a client needs to notice the end.
const A_WHILE: Duration = Duration::from_secs(3);

/// Streams that end before an event does.
const UNFINISHED: [&str; 2] = ["data: one\n\ndata: two", "data: one\n\ndata: two\n"];

/// What a client hears of each, and of what comes next.
type UnfinishedRow = (fn() -> Reader, [&'static str; 2]);

#[rustfmt::skip]
const UNFINISHED_OF_NODE: &[UnfinishedRow] = &[
    (event_source_of_node,     ["one|", "one|"]),
    (eventsource,              ["one|", "one|"]),
    (event_source_polyfill,    ["one|", "one|"]),
    (reconnecting_eventsource, ["one|", "one|"]),
    (fetch_event_source,       ["one|", "one|"]),
];

#[rustfmt::skip]
const UNFINISHED_OF_PYTHON: &[UnfinishedRow] = &[
    (httpx_sse,                ["onecomplete",    "onecomplete"]),
    (sseclient_py,             ["onetwocomplete", "onetwocomplete"]),
    (sseclient,                ["one|",           "onetwo\n|"]),
    (aiohttp_sse_client,       ["onetwo\n|",      "onetwo\n|"]),
];

#[rustfmt::skip]
const UNFINISHED_OF_RUST: &[UnfinishedRow] = &[
    (reqwest_eventsource,      ["one|", "one|"]),
    (eventsource_client,       ["one|", "one|"]),
];

#[ignore = "needs Node and its packages; `tests/all` runs it"]
#[tokio::test]
async fn clients_of_node_drop_an_unfinished_event() {
    read_unfinished(UNFINISHED_OF_NODE).await;
}

#[ignore = "needs Python and its packages; `tests/all` runs it"]
#[tokio::test]
async fn clients_of_python_hear_an_unfinished_event() {
    read_unfinished(UNFINISHED_OF_PYTHON).await;
}

#[tokio::test]
async fn clients_of_rust_drop_an_unfinished_event() {
    read_unfinished(UNFINISHED_OF_RUST).await;
}

async fn read_unfinished(rows: &[UnfinishedRow]) {
    let rows = rows.iter().map(|(start, expected)| async move {
        let reader = start();
        let mut wrong = Vec::new();
        for (stream, expected) in UNFINISHED.into_iter().zip(expected) {
            let server = Server::start([Answer::stream(stream), Answer::open("data: |\n\n")]).await;
            reader.read(&server.url);
            let heard = |said: &[Value]| -> String {
                let said = said.iter();
                let text = said.filter_map(|line| line["text"].as_str().or(line["end"].as_str()));
                text.collect()
            };
            let is_over =
                |said: &[Value]| heard(said).ends_with(['|', 'e']) && heard(said) != "one";
            let heard = heard(&reader.until(&server.url, is_over).await);
            if heard != *expected {
                wrong.push(format!("{stream:?}, {expected:?} expected: {heard:?}"));
            }
        }
        wrong
    });
    let wrong: Vec<_> = join_all(rows).await.into_iter().enumerate().collect();
    assert!(
        wrong.iter().all(|(_, wrong)| wrong.is_empty()),
        "{wrong:#?}"
    );
}

/// How a server can say last when to come back: with no blank line, with one, and as an event that nobody listens to.
/// It is longer than any client waits by itself.
const LAST_WORDS: [&str; 3] = [
    "retry: 60000\n",
    "retry: 60000\n\n",
    "event: nobody\ndata: \nretry: 60000\n\n",
];

/// Whether a client keeps to each.
type LastWordsRow = (fn() -> Reader, [bool; 3]);

#[rustfmt::skip]
const LAST_WORDS_TO_NODE: &[LastWordsRow] = &[
    (event_source_of_node,     [false, true,  true]),
    (eventsource,              [true,  true,  true]),
    (event_source_polyfill,    [true,  true,  true]),
    (reconnecting_eventsource, [false, true,  true]),
    (fetch_event_source,       [true,  true,  true]),
];

#[rustfmt::skip]
const LAST_WORDS_TO_PYTHON: &[LastWordsRow] = &[
    (sseclient,                [false, true,  true]),
    (aiohttp_sse_client,       [true,  true,  true]),
];

#[rustfmt::skip]
const LAST_WORDS_TO_RUST: &[LastWordsRow] = &[
    (reqwest_eventsource,      [false, false, true]),
    (eventsource_client,       [false, false, true]),
];

#[ignore = "needs Node and its packages; `tests/all` runs it"]
#[tokio::test]
async fn clients_of_node_keep_to_a_retry_of_an_event() {
    keep_to_last_words(LAST_WORDS_TO_NODE).await;
}

#[ignore = "needs Python and its packages; `tests/all` runs it"]
#[tokio::test]
async fn clients_of_python_keep_to_a_retry_of_an_event() {
    keep_to_last_words(LAST_WORDS_TO_PYTHON).await;
}

#[tokio::test]
async fn clients_of_rust_keep_to_a_retry_of_an_event() {
    keep_to_last_words(LAST_WORDS_TO_RUST).await;
}

async fn keep_to_last_words(rows: &[LastWordsRow]) {
    let rows = rows.iter().map(|(start, expected)| async move {
        let reader = &start();
        let cases = LAST_WORDS.into_iter().zip(expected);
        let cases = cases.map(|(last_words, keeps)| async move {
            let stream = Answer::stream(format!("data: one\n\n{last_words}"));
            let server = Server::start([stream, Answer::open("")]).await;
            reader.read(&server.url);
            if !keeps {
                server.visits(2).await;
                return String::new();
            }
            server.visits(1).await;
            // Longer than any waits by itself.
            tokio::time::sleep(Duration::from_secs(5)).await;
            if server.count() == 1 {
                String::new()
            } else {
                format!("came back after {last_words:?}")
            }
        });
        join_all(cases).await.concat()
    });
    let wrong: Vec<_> = join_all(rows).await.into_iter().enumerate().collect();
    assert!(
        wrong.iter().all(|(_, wrong)| wrong.is_empty()),
        "{wrong:#?}"
    );
}
