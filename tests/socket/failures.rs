//! Streams that fail: everything before arrives, and the client notices.

use std::{future::poll_fn, net::SocketAddr, task::Poll};

use axum::response::sse;
use futures::{Stream, StreamExt, future::join_all, stream};
use tower_sse::{BoxError, Event, EventStream};

use crate::{
    client::{Client, VERSIONS, get, read_all},
    curl::{HTTP_2, HTTP_10, HTTP_11, curl},
    server::{quiet, serve},
};

const ROUNDS: usize = 50;

const EVENTS: &str = "retry: 1000\ndata: one\n\ndata: two\n\ndata: three\n\n";
const NO_EVENT: &str = "retry: 1000\n";

fn events() -> [Result<Event, BoxError>; 4] {
    [
        Ok(Event::new("one")),
        Ok(Event::new("two")),
        Ok(Event::new("three")),
        Err("no more".into()),
    ]
}

/// All items are ready at once, so that one frame holds the events.
async fn in_a_burst() -> SocketAddr {
    serve(quiet(), || EventStream::new(stream::iter(events()))).await
}

/// Each event is a frame, the error right behind them.
async fn frame_by_frame() -> SocketAddr {
    serve(quiet(), || {
        EventStream::new(stream::iter(events())).frame_size(1)
    })
    .await
}

/// Each item comes in a poll of its own.
async fn one_by_one() -> SocketAddr {
    serve(quiet(), || EventStream::new(halting(events()))).await
}

async fn at_the_first_item() -> SocketAddr {
    serve(quiet(), || {
        let [.., error] = events();
        EventStream::new(stream::iter([error]))
    })
    .await
}

/// A body that is not of this crate.
async fn adopted() -> SocketAddr {
    serve(quiet(), || {
        let items: [Result<_, BoxError>; 4] = [
            Ok(sse::Event::default().data("one")),
            Ok(sse::Event::default().data("two")),
            Ok(sse::Event::default().data("three")),
            Err("no more".into()),
        ];
        axum::response::IntoResponse::into_response(sse::Sse::new(stream::iter(items)))
    })
    .await
}

fn halting<T>(items: [T; 4]) -> impl Stream<Item = T> {
    stream::iter(items).then(async |item| {
        let mut halted = false;
        poll_fn(|cx| {
            if std::mem::replace(&mut halted, true) {
                return Poll::Ready(());
            }
            cx.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
        item
    })
}

async fn loses_nothing(address: SocketAddr, expected: &str) {
    for version in VERSIONS {
        let round = async |round| {
            let (_client, response) = get(version, address).await;
            let (text, end) = read_all(&mut response.into_body()).await;
            assert_eq!(text, expected, "{version:?}, round {round}");
            assert!(end.is_err(), "{version:?}, round {round}");
        };
        // At once, for each waits until the server has had its time to flush.
        join_all((0..ROUNDS).map(round)).await;
    }
}

/// Runs the same on one thread and on several, where server and connection race.
macro_rules! loses_nothing {
    ($($server:ident: $expected:expr),*) => {$(
        mod $server {
            #[tokio::test]
            async fn loses_nothing_on_one_thread() {
                super::loses_nothing(super::$server().await, $expected).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn loses_nothing_on_several_threads() {
                super::loses_nothing(super::$server().await, $expected).await;
            }
        }
    )*};
}

loses_nothing!(
    in_a_burst: super::EVENTS,
    frame_by_frame: super::EVENTS,
    one_by_one: super::EVENTS,
    at_the_first_item: super::NO_EVENT,
    adopted: super::EVENTS
);

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn streams_of_one_connection_fail_each_for_itself() {
    let mut client = Client::connect(http::Version::HTTP_2, in_a_burst().await).await;
    let mut bodies = Vec::new();
    for _ in 0..ROUNDS {
        bodies.push(client.send(http::Method::GET).await.into_body());
    }
    for mut body in bodies {
        let (text, end) = read_all(&mut body).await;
        assert_eq!(text, EVENTS);
        assert!(end.is_err());
    }
}

#[tokio::test]
#[ignore = "needs curl; `tests/all` runs it"]
async fn curl_gets_every_event_and_reports_the_failure() {
    // 18: the chunks do not end. 92: the stream was reset. HTTP/1.0 has no way to signal it.
    for (version, exit) in [(HTTP_10, 0), (HTTP_11, 18), (HTTP_2, 92)] {
        for address in [in_a_burst().await, one_by_one().await, adopted().await] {
            let answer = curl(&[version], address).await;
            assert_eq!(answer.body, EVENTS, "{version}");
            assert_eq!(answer.exit, Some(exit), "{version}");
        }
        let answer = curl(&[version], at_the_first_item().await).await;
        assert!(answer.head.contains("text/event-stream"), "{version}");
        assert_eq!(answer.body, NO_EVENT, "{version}");
        assert_eq!(answer.exit, Some(exit), "{version}");
    }
}
