use tower_sse::SseOptions;

use super::{
    answers::{self, FINAL_ERROR, Says, Verdict},
    protocol::Protocol,
    reader::Reader,
};

pub(crate) const UI_MESSAGE_STREAM: Protocol = Protocol {
    half: &[
        ("", r#"{"type":"start","messageId":"1"}"#),
        ("", r#"{"type":"text-start","id":"2"}"#),
        ("", r#"{"type":"text-delta","id":"2","delta":"one"}"#),
        ("", r#"{"type":"text-delta","id":"2","delta":" two"}"#),
    ],
    rest: &[
        ("", r#"{"type":"text-delta","id":"2","delta":" three"}"#),
        ("", r#"{"type":"text-end","id":"2"}"#),
        ("", r#"{"type":"finish"}"#),
        ("", "[DONE]"),
    ],
    final_event: ("", r#"{"type":"error","errorText":"the server restarts"}"#),
    options: SseOptions::new,
};

const VERDICT: Verdict = Verdict {
    broken: [Says::Error("terminated"); 2],
    with_final_event: FINAL_ERROR,
};

async fn read(script: &str, arguments: &[&str], verdict: Verdict) {
    let reader = |http| Reader::node(http, script, arguments);
    answers::read(reader, &UI_MESSAGE_STREAM, verdict).await;
}

#[ignore = "needs Node and its packages; `tests/all` runs it"]
#[tokio::test]
async fn a_chat_takes_no_half_message_for_a_whole() {
    read(include_str!("ai_chat.mjs"), &[], VERDICT).await;
}

#[ignore = "needs Node and its packages; `tests/all` runs it"]
#[tokio::test]
async fn read_ui_message_stream_terminates_on_an_error() {
    let script = include_str!("ai_read_message.mjs");
    read(script, &["terminateOnError"], VERDICT).await;
}

/// By default it takes any end for a whole message, whatever a server does.
#[ignore = "needs Node and its packages; `tests/all` runs it"]
#[tokio::test]
async fn read_ui_message_stream_needs_an_option_to_terminate_on_an_error() {
    let verdict = Verdict {
        broken: [Says::Complete; 2],
        with_final_event: Says::Complete,
    };
    read(include_str!("ai_read_message.mjs"), &[], verdict).await;
}
