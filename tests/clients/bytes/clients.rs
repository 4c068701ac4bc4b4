//! The clients.

use crate::ends::{reader::Reader, server::Http};

/// Reads by one of the scripts beside this file, or beside the tests of [`ends`](crate::ends).
macro_rules! clients {
    ($($name:ident: $language:ident($script:literal $(, $argument:literal)?);)*) => {
        $(pub(super) fn $name() -> Reader {
            $language(include_str!($script), &[$($argument)?])
        })*
    };
}

clients! {
    // Those that ask once, each in its protocol.
    openai_chat: node("../ends/openai_chat.mjs");
    openai_chat_stream: node("../ends/openai_chat_stream.mjs");
    openai_responses: node("../ends/openai_responses.mjs");
    openai_chat_of_python: python("../ends/openai_chat.py");
    openai_responses_of_python: python("../ends/openai_responses.py");
    anthropic: node("../ends/anthropic_create.mjs");
    anthropic_stream: node("../ends/anthropic_stream.mjs");
    anthropic_of_python: python("../ends/anthropic_stream.py");
    ai_chat: node("../ends/ai_chat.mjs");
    ai_read_message: node("../ends/ai_read_message.mjs", "terminateOnError");
    ag_ui: node("../ends/ag_ui.mjs");
    graphql_sse: node("../ends/graphql_sse.mjs");
    graphql_sse_by_one_connection: node("../ends/graphql_sse.mjs", "singleConnection");
    // Those that read any stream.
    httpx_sse: python("httpx_sse.py");
    httpx_sse_again: python("httpx_sse_again.py");
    sseclient_py: python("sseclient_py.py");
    // Those that come back by themselves, too.
    event_source_of_node: node("event_source.mjs", "node");
    eventsource: node("event_source.mjs", "eventsource");
    event_source_polyfill: node("event_source.mjs", "event-source-polyfill");
    reconnecting_eventsource: node("event_source.mjs", "reconnecting-eventsource");
    fetch_event_source: node("fetch_event_source.mjs");
    sseclient: python("sseclient.py");
    aiohttp_sse_client: python("aiohttp_sse_client.py");
    // The ways to read lines.
    lines_of_python: python("lines.py");
}

fn node(script: &str, arguments: &[&str]) -> Reader {
    let script = [include_str!("reading.mjs"), script].concat();
    Reader::node(Http::One, &script, arguments)
}

fn python(script: &str, _: &[&str]) -> Reader {
    let script = [include_str!("reading.py"), script].concat();
    Reader::python(Http::One, &script)
}
