//! What a server may say beside the events of a protocol, and what clients make of it.

use futures::future::join_all;
use serde_json::Value;

use super::{
    check,
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
    protocol::{PLAIN, Protocol},
    reader::Reader,
};

/// The kinds of notices, each with how they are written, and the name of the event that they could be taken for.
const NOTICES: [&[(&str, &str)]; 6] = [
    // An event with a name and empty data.
    &[
        ("event: checkpoint\ndata: \nid: k-1\n\n", "checkpoint"),
        ("event: gap\ndata: \nid: k-1\n\n", "gap"),
        ("event: ping\ndata: \n\n", "ping"),
    ],
    // A block of a name alone.
    &[("event: discard\n\n", "discard")],
    // A block of an id alone.
    &[("id: k-1\n\n", "message")],
    // A block of a retry alone.
    &[("retry: 500\n\n", "message")],
    // A block of a comment alone.
    &[(":\n\n", "message"), (": x\n\n", "message")],
    // Lines of the event that follows.
    &[
        ("retry: 500\n", ""),
        (":\n", ""),
        (":\nretry: 500\n:\nid: k-1\n:\n", ""),
    ],
];

/// What a client makes of a notice.
#[derive(Clone, Copy, Debug)]
enum Verdict {
    /// It gets the events of the protocol, and nothing else.
    Fine,
    /// It gets one more event, of the notice's name or `message`, with empty data. An `EventSource` gives it to those
    /// that listen to its name.
    Extra,
    /// It gives its user each comment.
    Comments,
    /// It stops with this error.
    Fails(&'static str),
}

use Verdict::{Comments, Extra, Fails, Fine};

type Row = (fn() -> Reader, &'static Protocol, [Verdict; 6]);

const OPENAI: Verdict = Fails("malformed server-sent event JSON");
const PYTHON: Verdict = Fails("Expecting value: line 1 column 1 (char 0)");
const AI: Verdict = Fails("JSON parsing failed: Text: .");
const AG_UI: Verdict = Fails("Unexpected end of JSON input");
const GRAPHQL: Verdict = Fails("Invalid stream event");

#[rustfmt::skip]
const ASKING_OF_NODE: &[Row] = &[
    //                                                      named    name     id    retry comment lines
    (openai_chat,                   &CHAT,                 [OPENAI,  OPENAI,  Fine, Fine, Fine,   Fine]),
    (openai_chat_stream,            &CHAT,                 [OPENAI,  OPENAI,  Fine, Fine, Fine,   Fine]),
    (openai_responses,              &RESPONSES,            [OPENAI,  OPENAI,  Fine, Fine, Fine,   Fine]),
    (anthropic,                     &MESSAGES,             [Fine,    Fine,    Fine, Fine, Fine,   Fine]),
    (anthropic_stream,              &MESSAGES,             [Fine,    Fine,    Fine, Fine, Fine,   Fine]),
    (ai_chat,                       &UI_MESSAGE_STREAM,    [AI,      Fine,    Fine, Fine, Fine,   Fine]),
    (ai_read_message,               &UI_MESSAGE_STREAM,    [AI,      Fine,    Fine, Fine, Fine,   Fine]),
    (ag_ui,                         &RUN,                  [AG_UI,   Fine,    Fine, Fine, Fine,   Fine]),
    (graphql_sse,                   &DISTINCT_CONNECTIONS, [GRAPHQL, GRAPHQL, Fine, Fine, Fine,   Fine]),
    (graphql_sse_by_one_connection, &SINGLE_CONNECTION,    [GRAPHQL, GRAPHQL, Fine, Fine, Fine,   Fine]),
];

#[rustfmt::skip]
const ASKING_OF_PYTHON: &[Row] = &[
    //                                        named   name    id      retry   comment lines
    (openai_chat_of_python,      &CHAT,      [PYTHON, PYTHON, PYTHON, PYTHON, Fine,   Fine]),
    (openai_responses_of_python, &RESPONSES, [PYTHON, PYTHON, PYTHON, PYTHON, Fine,   Fine]),
    (anthropic_of_python,        &MESSAGES,  [Fine,   Fine,   Fine,   Fine,   Fine,   Fine]),
    (httpx_sse,                  &PLAIN,     [Extra,  Extra,  Extra,  Extra,  Fine,   Fine]),
    (sseclient_py,               &PLAIN,     [Extra,  Fine,   Fine,   Fine,   Fine,   Fine]),
];

#[rustfmt::skip]
const RETURNING_OF_NODE: &[Row] = &[
    //                                  named  name   id     retry  comment lines
    (event_source_of_node,     &PLAIN, [Extra, Fine,  Fine,  Fine,  Fine,   Fine]),
    (eventsource,              &PLAIN, [Extra, Fine,  Fine,  Fine,  Fine,   Fine]),
    (event_source_polyfill,    &PLAIN, [Extra, Fine,  Fine,  Fine,  Fine,   Fine]),
    (reconnecting_eventsource, &PLAIN, [Extra, Fine,  Fine,  Fine,  Fine,   Fine]),
    (fetch_event_source,       &PLAIN, [Extra, Extra, Extra, Extra, Extra,  Fine]),
];

#[rustfmt::skip]
const RETURNING_OF_PYTHON: &[Row] = &[
    //                            named  name   id     retry  comment lines
    (sseclient,          &PLAIN, [Extra, Extra, Extra, Extra, Extra,  Fine]),
    (aiohttp_sse_client, &PLAIN, [Extra, Fine,  Fine,  Fine,  Fine,   Fine]),
];

#[rustfmt::skip]
const RETURNING_OF_RUST: &[Row] = &[
    //                             named  name  id    retry comment   lines
    (reqwest_eventsource, &PLAIN, [Extra, Fine, Fine, Fine, Fine,     Fine]),
    (eventsource_client,  &PLAIN, [Extra, Fine, Fine, Fine, Comments, Comments]),
];

#[ignore = "needs Node and its packages; `tests/all` runs it"]
#[tokio::test]
async fn named_events_break_clients_of_node_that_ask() {
    read(ASKING_OF_NODE, Some("complete")).await;
}

#[ignore = "needs Python and its packages; `tests/all` runs it"]
#[tokio::test]
async fn blocks_without_data_break_clients_of_python_that_ask() {
    read(ASKING_OF_PYTHON, Some("complete")).await;
}

#[ignore = "needs Node and its packages; `tests/all` runs it"]
#[tokio::test]
async fn clients_of_node_that_reconnect_read_notices() {
    read(RETURNING_OF_NODE, None).await;
}

#[ignore = "needs Python and its packages; `tests/all` runs it"]
#[tokio::test]
async fn clients_of_python_that_reconnect_read_notices() {
    read(RETURNING_OF_PYTHON, None).await;
}

#[tokio::test]
async fn clients_of_rust_read_notices() {
    read(RETURNING_OF_RUST, None).await;
}

/// Has each client read each notice, before the first event and between two.
///
/// A client that asks says its `end`. To one that comes back the second answer says "end", and then waits.
async fn read(rows: &[Row], end: Option<&str>) {
    let read = async |(start, protocol, verdicts): &Row| {
        let reader = &start();
        let cases = NOTICES.iter().zip(verdicts);
        let cases = cases.flat_map(|(notices, verdict)| {
            let cases = notices.iter().map(|notice| (*notice, *verdict));
            cases.flat_map(|case| [false, true].map(|is_between| (case, is_between)))
        });
        let wrong =
            cases.map(|(case, is_between)| read_one(reader, protocol, case, is_between, end));
        join_all(wrong).await.into_iter().flatten().collect()
    };
    check(rows, read).await;
}

/// Returns what is wrong with what a client says of a notice.
async fn read_one(
    reader: &Reader,
    protocol: &Protocol,
    ((notice, name), verdict): ((&str, &str), Verdict),
    is_between: bool,
    end: Option<&str>,
) -> Option<String> {
    let [half, rest] = protocol.blocks();
    let bytes = match is_between {
        false => [notice, &half, &rest],
        true => [&half, notice, &rest],
    };
    let server = Server::start([Answer::stream(bytes.concat()), Answer::open("data: |\n\n")]).await;
    reader.read(&server.url);
    let is_over = |said: &[Value]| {
        let mut lines = said.iter();
        lines.any(|line| line["text"] == "|" || line.get("end").or(line.get("error")).is_some())
    };
    let said = reader.until(&server.url, is_over).await;
    // aiohttp-sse-client drops all spaces that data begins with, so none are compared.
    let heard: String = said.iter().map(transcribe).collect();
    let heard = heard.replace(' ', "");
    let end = end.unwrap_or("|");
    let with = |extra: String| match is_between {
        false => format!("{extra}onetwothree{end}"),
        true => format!("onetwo{extra}three{end}"),
    };
    let comments = notice.lines().filter(|line| line.starts_with(':')).count();
    let is_right = match verdict {
        Fine => heard == with(String::new()),
        Extra => heard == with(format!("[{name}]")),
        Comments => heard == with("[:]".repeat(comments)),
        Fails(error) => heard.contains(&error.replace(' ', "")),
    };
    let message = || format!("{notice:?}, {is_between}, {verdict:?} expected: {heard:?}");
    (!is_right).then(message)
}

fn transcribe(line: &Value) -> String {
    if let Some(name) = line["extra"].as_str() {
        return format!("[{name}]");
    }
    let keys = ["text", "message", "error", "end"];
    let text = keys.iter().find_map(|key| line[key].as_str());
    text.unwrap_or_default().to_owned()
}
