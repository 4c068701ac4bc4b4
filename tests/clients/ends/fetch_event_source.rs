use super::{
    answers::{self, FINAL_ERROR, Says, Verdict},
    protocol::PLAIN,
    reader::Reader,
};

#[ignore = "needs Node and its packages; `tests/all` runs it"]
#[tokio::test]
async fn fetch_event_source_takes_no_half_answer_for_a_whole() {
    let verdict = Verdict {
        broken: [Says::Error("terminated"); 2],
        with_final_event: FINAL_ERROR,
    };
    let reader = |http| Reader::node(http, include_str!("fetch_event_source_post.mjs"), &[]);
    answers::read(reader, &PLAIN, verdict).await;
}
