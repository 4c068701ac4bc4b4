use tower_sse::SseOptions;

use super::{
    answers::{self, FINAL_ERROR, Says, Verdict},
    protocol::Protocol,
    reader::Reader,
};

pub(crate) const DISTINCT_CONNECTIONS: Protocol = Protocol {
    half: &[
        ("next", r#"{"data":{"text":"one"}}"#),
        ("next", r#"{"data":{"text":" two"}}"#),
    ],
    rest: &[("next", r#"{"data":{"text":" three"}}"#), ("complete", "")],
    final_event: ("next", r#"{"errors":[{"message":"the server restarts"}]}"#),
    options: SseOptions::new,
};

pub(crate) const SINGLE_CONNECTION: Protocol = Protocol {
    half: &[
        ("next", r#"{"id":"any","payload":{"data":{"text":"one"}}}"#),
        ("next", r#"{"id":"any","payload":{"data":{"text":" two"}}}"#),
    ],
    rest: &[
        (
            "next",
            r#"{"id":"any","payload":{"data":{"text":" three"}}}"#,
        ),
        ("complete", r#"{"id":"any"}"#),
    ],
    final_event: (
        "next",
        r#"{"id":"any","payload":{"errors":[{"message":"the server restarts"}]}}"#,
    ),
    // It reads by GET, but never from an id. A clean end while no operation is active it does not notice: later ones
    // wait for ever. It throws at the name of what the layer says last.
    options: || SseOptions::new().resumable(false).final_retry(false),
};

const VERDICT: Verdict = Verdict {
    broken: [Says::Error("terminated"); 2],
    with_final_event: FINAL_ERROR,
};

async fn read(arguments: &[&str], protocol: &'static Protocol, verdict: Verdict) {
    let reader = |http| Reader::node(http, include_str!("graphql_sse.mjs"), arguments);
    answers::read(reader, protocol, verdict).await;
}

#[ignore = "needs Node and its packages; `tests/all` runs it"]
#[tokio::test]
async fn graphql_sse_takes_no_half_result_for_a_whole() {
    read(&[], &DISTINCT_CONNECTIONS, VERDICT).await;
}

#[ignore = "needs Node and its packages; `tests/all` runs it"]
#[tokio::test]
async fn graphql_sse_by_a_single_connection_takes_no_half_result_for_a_whole() {
    read(&["singleConnection"], &SINGLE_CONNECTION, VERDICT).await;
}
