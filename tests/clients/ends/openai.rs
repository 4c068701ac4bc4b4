use tower_sse::SseOptions;

use super::{
    answers::{self, FINAL_ERROR, Says, Verdict},
    protocol::Protocol,
    reader::Reader,
};

pub(crate) const CHAT: Protocol = Protocol {
    half: &[
        (
            "",
            r#"{"choices":[{"index":0,"delta":{"role":"assistant","content":"one"}}]}"#,
        ),
        (
            "",
            r#"{"choices":[{"index":0,"delta":{"content":" two"}}]}"#,
        ),
    ],
    rest: &[
        (
            "",
            r#"{"choices":[{"index":0,"delta":{"content":" three"}}]}"#,
        ),
        (
            "",
            r#"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#,
        ),
        ("", "[DONE]"),
    ],
    final_event: ("", r#"{"error":{"message":"the server restarts"}}"#),
    options: SseOptions::new,
};
pub(crate) const RESPONSES: Protocol = Protocol {
    half: &[
        (
            "response.created",
            r#"{"type":"response.created","response":{"id":"1","status":"in_progress"}}"#,
        ),
        (
            "response.output_text.delta",
            r#"{"type":"response.output_text.delta","delta":"one"}"#,
        ),
        (
            "response.output_text.delta",
            r#"{"type":"response.output_text.delta","delta":" two"}"#,
        ),
    ],
    rest: &[
        (
            "response.output_text.delta",
            r#"{"type":"response.output_text.delta","delta":" three"}"#,
        ),
        (
            "response.completed",
            r#"{"type":"response.completed","response":{"id":"1","status":"completed"}}"#,
        ),
    ],
    // The event that the API itself has, `{"type":"error","message":".."}`, is no error to Python's.
    final_event: ("", r#"{"error":{"message":"the server restarts"}}"#),
    options: SseOptions::new,
};

const NODE: Verdict = Verdict {
    broken: [Says::Error("terminated"); 2],
    with_final_event: FINAL_ERROR,
};
const PYTHON: Verdict = Verdict {
    broken: [Says::Error("Connection error."); 2],
    with_final_event: FINAL_ERROR,
};

async fn node(script: &str, protocol: &'static Protocol) {
    let reader = |http| Reader::node(http, script, &[]);
    answers::read(reader, protocol, NODE).await;
}

async fn python(script: &str, protocol: &'static Protocol) {
    let reader = |http| Reader::python(http, script);
    answers::read(reader, protocol, PYTHON).await;
}

#[ignore = "needs Node and its packages; `tests/all` runs it"]
#[tokio::test]
async fn openai_of_node_takes_no_half_chat_for_a_whole() {
    node(include_str!("openai_chat.mjs"), &CHAT).await;
}

#[ignore = "needs Node and its packages; `tests/all` runs it"]
#[tokio::test]
async fn the_helper_of_openai_of_node_takes_no_half_chat_for_a_whole() {
    node(include_str!("openai_chat_stream.mjs"), &CHAT).await;
}

#[ignore = "needs Node and its packages; `tests/all` runs it"]
#[tokio::test]
async fn openai_of_node_takes_no_half_response_for_a_whole() {
    node(include_str!("openai_responses.mjs"), &RESPONSES).await;
}

#[ignore = "needs Python and its packages; `tests/all` runs it"]
#[tokio::test]
async fn openai_of_python_takes_no_half_chat_for_a_whole() {
    python(include_str!("openai_chat.py"), &CHAT).await;
}

#[ignore = "needs Python and its packages; `tests/all` runs it"]
#[tokio::test]
async fn openai_of_python_takes_no_half_response_for_a_whole() {
    python(include_str!("openai_responses.py"), &RESPONSES).await;
}
