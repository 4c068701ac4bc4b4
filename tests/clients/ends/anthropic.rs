use tower_sse::SseOptions;

use super::{
    answers::{self, FINAL_ERROR, Says, Verdict},
    protocol::Protocol,
    reader::Reader,
};

pub(crate) const MESSAGES: Protocol = Protocol {
    half: &[
        (
            "message_start",
            r#"{"type":"message_start","message":{"id":"1","type":"message","role":"assistant","content":[],"model":"any","usage":{}}}"#,
        ),
        (
            "content_block_start",
            r#"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"#,
        ),
        (
            "content_block_delta",
            r#"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"one"}}"#,
        ),
        (
            "content_block_delta",
            r#"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":" two"}}"#,
        ),
    ],
    rest: &[
        (
            "content_block_delta",
            r#"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":" three"}}"#,
        ),
        (
            "content_block_stop",
            r#"{"type":"content_block_stop","index":0}"#,
        ),
        (
            "message_delta",
            r#"{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":3}}"#,
        ),
        ("message_stop", r#"{"type":"message_stop"}"#),
    ],
    final_event: (
        "error",
        r#"{"type":"error","error":{"type":"overloaded_error","message":"the server restarts"}}"#,
    ),
    options: SseOptions::new,
};

const NODE: Verdict = Verdict {
    broken: [Says::Error("terminated"); 2],
    with_final_event: FINAL_ERROR,
};
const PYTHON: Verdict = Verdict {
    broken: [
        Says::Error("peer closed connection without sending complete message body"),
        Says::Error("StreamReset"),
    ],
    with_final_event: FINAL_ERROR,
};

async fn node(script: &str) {
    let reader = |http| Reader::node(http, script, &[]);
    answers::read(reader, &MESSAGES, NODE).await;
}

#[ignore = "needs Node and its packages; `tests/all` runs it"]
#[tokio::test]
async fn anthropic_of_node_takes_no_half_message_for_a_whole() {
    node(include_str!("anthropic_create.mjs")).await;
}

#[ignore = "needs Node and its packages; `tests/all` runs it"]
#[tokio::test]
async fn the_helper_of_anthropic_of_node_takes_no_half_message_for_a_whole() {
    node(include_str!("anthropic_stream.mjs")).await;
}

#[ignore = "needs Python and its packages; `tests/all` runs it"]
#[tokio::test]
async fn anthropic_of_python_takes_no_half_message_for_a_whole() {
    let reader = |http| Reader::python(http, include_str!("anthropic_stream.py"));
    answers::read(reader, &MESSAGES, PYTHON).await;
}
