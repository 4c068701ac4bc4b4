use super::{
    reader::Reader,
    reconnects::{STANDARD, follow},
    server::Http,
};

#[ignore = "needs Python and its packages; `tests/all` runs it"]
#[tokio::test]
async fn a_reader_with_httpx_sse_reconnects_after_the_retry_time() {
    let script = include_str!("httpx_sse.py");
    let readers = [Http::One, Http::Two].map(|http| Reader::python(http, script));
    follow(readers, STANDARD).await;
}

#[ignore = "needs Python and its packages; `tests/all` runs it"]
#[tokio::test]
async fn a_reader_with_sseclient_reconnects_after_the_retry_time() {
    let script = include_str!("sseclient.py");
    follow([Reader::python(Http::One, script)], STANDARD).await;
}
