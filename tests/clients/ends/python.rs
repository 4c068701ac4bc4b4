use super::{
    reader::Reader,
    reconnects::{Manner, STANDARD, follow},
    server::Http,
};

#[ignore = "needs Python and its packages; `tests/all` runs it"]
#[tokio::test]
async fn a_reader_with_httpx_sse_comes_back_when_it_is_told_to() {
    let script = include_str!("httpx_sse.py");
    // By its documentation the id to keep is that of the last event, which may have none.
    let manner = Manner {
        keeps_id: false,
        ..STANDARD
    };
    let readers = [Http::One, Http::Two].map(|http| Reader::python(http, script));
    follow(readers, manner).await;
}

#[ignore = "needs Python and its packages; `tests/all` runs it"]
#[tokio::test]
async fn a_reader_with_sseclient_comes_back_when_it_is_told_to() {
    let script = include_str!("sseclient.py");
    follow([Reader::python(Http::One, script)], STANDARD).await;
}
