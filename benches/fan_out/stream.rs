//! What a stream takes by itself, without a connection.

use std::{
    io::stdin,
    pin::Pin,
    task::{Context, Waker},
};

use axum::{
    Router,
    body::{Body, HttpBody},
};
use http::Request;
use tower::ServiceExt;

use super::{
    feed::{Server, Way},
    process::Process,
};

/// Returns how many bytes each of so many idle streams takes. It is not a number where none can be
/// made without a connection.
pub(crate) fn bytes(way: Way, count: u64) -> f64 {
    if !matches!(way, Way::Broadcast | Way::Channel | Way::Socket) {
        return f64::NAN;
    }
    let mut process = Process::start("0", &["stream", &way.to_string(), &count.to_string()]);
    assert_eq!(process.line(), "empty");
    let empty = process.memory();
    process.send("");
    assert_eq!(process.line(), "full");
    (process.memory() - empty) / count as f64
}

/// Makes streams between one printed line and another, and waits for a line after each.
#[tokio::main(flavor = "current_thread")]
pub(crate) async fn hold(way: Way, count: u64) {
    let feed = way.feed();
    let (Server::Axum(router) | Server::AxumWithSocket(router)) = feed.server else {
        panic!("there are no streams");
    };
    let first = open(&router).await;
    let mut streams = Vec::with_capacity(count as usize);
    println!("empty");
    wait();
    for _ in 0..count {
        streams.push(open(&router).await);
    }
    println!("full");
    wait();
    drop((first, streams));
}

/// Makes a body that waits for the first event.
async fn open(router: &Router) -> Body {
    let request = Request::get("/sse").body(Body::empty()).unwrap();
    let mut body = router.clone().oneshot(request).await.unwrap().into_body();
    let mut cx = Context::from_waker(Waker::noop());
    // First there may be a preamble.
    while Pin::new(&mut body).poll_frame(&mut cx).is_ready() {}
    body
}

fn wait() {
    stdin().read_line(&mut String::new()).unwrap();
}
