//! Clean ends.

use std::net::SocketAddr;

use futures::stream;
use tower_sse::{BoxError, Event, EventName, EventStream};

use crate::{
    client::{VERSIONS, get, read_all},
    curl::{HTTP_2, HTTP_10, HTTP_11, curl},
    server::{quiet, serve},
};

const TICK: EventName = EventName::from_static("tick");
const FAILED: EventName = EventName::from_static("failed");

async fn finished() -> SocketAddr {
    serve(quiet(), || {
        EventStream::new(stream::iter([
            Event::new("one\ntwo").id(1),
            Event::new("").name(TICK),
        ]))
    })
    .await
}

const FINISHED: &str = "retry: 1000\nid: 1\ndata: one\ndata: two\n\nevent: tick\ndata: \n\n";

#[tokio::test]
#[ignore = "needs curl; `tests/all` runs it"]
async fn a_clean_end_gives_curl_every_byte() {
    for version in [HTTP_10, HTTP_11, HTTP_2] {
        let answer = curl(&[version], finished().await).await;
        assert_eq!(answer.body, FINISHED, "{version}");
        assert_eq!(answer.exit, Some(0), "{version}");
    }
}

#[tokio::test]
async fn a_clean_end_leaves_the_connection_for_the_next_request() {
    for version in VERSIONS {
        let (mut client, first) = get(version, finished().await).await;
        let (text, end) = read_all(&mut first.into_body()).await;
        assert_eq!(text, FINISHED, "{version:?}");
        assert!(end.is_ok(), "{version:?}");

        let second = client.send(http::Method::GET).await;
        let (text, end) = read_all(&mut second.into_body()).await;
        assert_eq!(text, FINISHED, "{version:?}");
        assert!(end.is_ok(), "{version:?}");
    }
}

#[tokio::test]
#[ignore = "needs curl; `tests/all` runs it"]
async fn an_error_that_became_an_event_ends_cleanly() {
    let stream =
        || -> [Result<Event, BoxError>; 2] { [Ok(Event::new("one")), Err("no more".into())] };
    let answer = move || {
        EventStream::new(stream::iter(stream()))
            .error_event(|error| Event::new(error.into_inner().to_string()).name(FAILED))
    };
    let address = serve(quiet(), answer).await;
    for version in [HTTP_10, HTTP_11, HTTP_2] {
        let answer = curl(&[version], address).await;
        let expected = "retry: 1000\ndata: one\n\nevent: failed\ndata: no more\n\n";
        assert_eq!(answer.body, expected, "{version}");
        assert_eq!(answer.exit, Some(0), "{version}");
    }
}
