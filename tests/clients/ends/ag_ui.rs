use tower_sse::SseOptions;

use super::{
    answers::{self, FINAL_ERROR, Says, Verdict},
    protocol::Protocol,
    reader::Reader,
};

pub(crate) const RUN: Protocol = Protocol {
    half: &[
        ("", r#"{"type":"RUN_STARTED","threadId":"1","runId":"2"}"#),
        (
            "",
            r#"{"type":"TEXT_MESSAGE_START","messageId":"3","role":"assistant"}"#,
        ),
        (
            "",
            r#"{"type":"TEXT_MESSAGE_CONTENT","messageId":"3","delta":"one"}"#,
        ),
        (
            "",
            r#"{"type":"TEXT_MESSAGE_CONTENT","messageId":"3","delta":" two"}"#,
        ),
    ],
    rest: &[
        (
            "",
            r#"{"type":"TEXT_MESSAGE_CONTENT","messageId":"3","delta":" three"}"#,
        ),
        ("", r#"{"type":"TEXT_MESSAGE_END","messageId":"3"}"#),
        ("", r#"{"type":"RUN_FINISHED","threadId":"1","runId":"2"}"#),
    ],
    final_event: (
        "",
        r#"{"type":"RUN_ERROR","message":"the server restarts"}"#,
    ),
    options: SseOptions::new,
};

#[ignore = "needs Node and its packages; `tests/all` runs it"]
#[tokio::test]
async fn ag_ui_takes_no_half_run_for_a_whole() {
    let verdict = Verdict {
        broken: [Says::Error("terminated"); 2],
        with_final_event: FINAL_ERROR,
    };
    let reader = |http| Reader::node(http, include_str!("ag_ui.mjs"), &[]);
    answers::read(reader, &RUN, verdict).await;
}
