//! A process that gets SIGTERM.

use std::time::{Duration, Instant};

use tokio::io::AsyncReadExt;

use crate::{
    AT_ONCE, alone,
    clients::{ask, assert_spread, ends_of_streams, last_retry, open, retries},
    curl::Curl,
    descriptors,
    example::Example,
    guard,
};

const STREAMS: usize = 1000;

/// How long the example still listens.
const LISTENS: Duration = Duration::from_secs(5);

#[test]
#[ignore = "needs curl; `tests/all` runs it"]
fn ends_a_thousand_idle_streams_at_once_and_rejects_new_ones_with_an_empty_stream_until_it_exits() {
    alone(async {
        descriptors::allow(STREAMS);
        let mut example = Example::start().await;
        let clients = open(STREAMS - 1, example.address).await;
        let mut curl = Curl::start(&[&format!("http://{}/sse", example.address)]);
        curl.begin().await;

        let start = Instant::now();
        example.terminate();
        let (mut last, curl) = tokio::join!(ends_of_streams(clients), curl.end());
        let took = start.elapsed();
        println!("ended {took:?} after SIGTERM, with {STREAMS} streams");
        assert!(took < AT_ONCE, "{took:?}");
        last.push(retries(&curl).1);
        assert_eq!(last.len(), STREAMS);
        assert_spread(&last);

        let (mut late, mut text) = (ask("/sse", example.address).await, String::new());
        guard(late.read_to_string(&mut text)).await.unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
        assert!(last_retry(body).is_some(), "{body}");
        assert_eq!(example.wait().await.code(), Some(0));
        let took = start.elapsed();
        assert!((LISTENS..LISTENS + AT_ONCE).contains(&took), "{took:?}");
        assert_eq!(example.last_line().await, "streams ended: 1000");
    });
}

#[test]
fn exits_when_it_has_listened_for_a_while_without_streams() {
    alone(async {
        let mut example = Example::start().await;
        let start = Instant::now();
        example.terminate();
        assert_eq!(example.wait().await.code(), Some(0));
        assert!(start.elapsed() < LISTENS + AT_ONCE);
        assert_eq!(example.last_line().await, "streams ended: 0");
    });
}
