//! A process that gets SIGTERM.

use std::time::Instant;

use crate::{
    AT_ONCE, alone,
    clients::{assert_spread, ends, open, retries},
    curl::Curl,
    descriptors,
    example::Example,
};

const STREAMS: usize = 1000;

#[test]
#[ignore = "needs curl; `tests/all` runs it"]
fn exits_at_once_with_a_thousand_idle_streams_and_ends_them_cleanly() {
    alone(async {
        descriptors::allow(STREAMS);
        let mut example = Example::start().await;
        let clients = open(STREAMS - 1, example.address).await;
        let mut curl = Curl::start(&[&format!("http://{}/sse", example.address)]);
        curl.begin().await;

        let start = Instant::now();
        example.terminate();
        let exit = async { (example.wait().await, start.elapsed()) };
        let ((status, took), mut last, curl) = tokio::join!(exit, ends(clients), curl.end());
        println!("exited {took:?} after SIGTERM, with {STREAMS} streams");

        assert_eq!(status.code(), Some(0));
        assert!(took < AT_ONCE, "{took:?}");
        last.push(retries(&curl).1);
        assert_eq!(last.len(), STREAMS);
        assert_spread(&last);
        assert_eq!(example.last_line().await, "streams ended: 1000");
    });
}

#[test]
fn exits_at_once_without_streams() {
    alone(async {
        let mut example = Example::start().await;
        let start = Instant::now();
        example.terminate();
        assert_eq!(example.wait().await.code(), Some(0));
        assert!(start.elapsed() < AT_ONCE);
        assert_eq!(example.last_line().await, "streams ended: 0");
    });
}
