use std::convert::Infallible;

use bytes::Bytes;
use http::{
    HeaderMap, HeaderValue, Method, Response, Version,
    header::{ACCEPT, CONNECTION, CONTENT_TYPE},
};
use http_body::Body;
use http_body_util::Full;
use hyper_util::rt::TokioTimer;
use tower::{Layer, service_fn};
use tower_sse::Shutdown;

use crate::support::*;

/// Gives a stream the named headers, and returns those it has after the layer.
async fn heads(request: http::request::Builder, set: &[(&'static str, &'static str)]) -> HeaderMap {
    let (_feed, mut response) = adopted();
    for &(name, value) in set {
        response.headers_mut().insert(name, value.parse().unwrap());
    }
    send(&layer(), request, response).await.headers().clone()
}

fn all<'a>(headers: &'a HeaderMap, name: &str) -> Vec<&'a str> {
    let values = headers.get_all(name).into_iter();
    values.map(|value| value.to_str().unwrap()).collect()
}

#[tokio::test]
async fn adds_what_is_missing() {
    let headers = heads(get(), &[]).await;
    assert_eq!(all(&headers, "content-type"), ["text/event-stream"]);
    assert_eq!(all(&headers, "cache-control"), ["no-store, no-transform"]);
    assert_eq!(all(&headers, "x-accel-buffering"), ["no"]);
    assert_eq!(all(&headers, "connection"), ["keep-alive"]);
    assert_eq!(headers.len(), 4);
}

#[tokio::test]
async fn keeps_what_the_handler_set() {
    let set = [
        ("cache-control", "private, No-Transform"),
        ("x-accel-buffering", "yes"),
        ("connection", "close"),
        ("x-other", "kept"),
    ];
    let headers = heads(get(), &set).await;
    for (name, value) in set {
        assert_eq!(all(&headers, name), [value]);
    }
}

#[tokio::test]
async fn adds_no_transform_to_what_the_handler_said_of_caching() {
    let headers = heads(get(), &[("cache-control", "no-cache")]).await;
    assert_eq!(all(&headers, "cache-control"), ["no-cache, no-transform"]);
}

#[tokio::test]
async fn leaves_the_directives_of_caching_as_they_are() {
    for (set, sent) in [
        ("", "no-store, no-transform"),
        ("no-cache=\"a,b\"", "no-cache=\"a,b\", no-transform"),
    ] {
        let headers = heads(get(), &[("cache-control", set)]).await;
        assert_eq!(all(&headers, "cache-control"), [sent]);
    }
}

#[tokio::test]
async fn says_keep_alive_over_http_1_1_alone() {
    let connection = async |request| all(&heads(request, &[]).await, "connection").len();
    assert_eq!(connection(get().version(Version::HTTP_11)).await, 1);
    assert_eq!(connection(get().version(Version::HTTP_2)).await, 0);
    assert_eq!(connection(get().version(Version::HTTP_3)).await, 0);
}

#[tokio::test]
async fn does_not_say_keep_alive_to_clients_that_ask_to_close() {
    let headers = heads(get().header(CONNECTION, "TE, Close"), &[]).await;
    assert!(!headers.contains_key(CONNECTION));
}

#[tokio::test]
async fn does_not_say_keep_alive_when_set_not_to() {
    let (_feed, response) = adopted();
    let layer = layer().keep_alive_header(false);
    let response = send(&layer, get(), response).await;
    assert!(!response.headers().contains_key(CONNECTION));
}

#[tokio::test]
async fn removes_the_connections_headers_over_http_2_and_3() {
    let set = [
        ("connection", "keep-alive, x-hop"),
        ("keep-alive", "timeout=5"),
        ("proxy-connection", "keep-alive"),
        ("transfer-encoding", "chunked"),
        ("upgrade", "h2c"),
        ("x-hop", "of this connection alone"),
    ];
    for version in [Version::HTTP_2, Version::HTTP_3] {
        let headers = heads(get().version(version), &set).await;
        for (name, _) in set {
            assert!(!headers.contains_key(name), "{name} over {version:?}");
        }
    }
    let headers = heads(get(), &set).await;
    assert_eq!(all(&headers, "keep-alive"), ["timeout=5"]);
}

#[tokio::test]
async fn says_close_over_http_1_0_which_has_no_chunks() {
    let set = [
        ("connection", "keep-alive"),
        ("transfer-encoding", "chunked"),
    ];
    let headers = heads(get().version(Version::HTTP_10), &set).await;
    assert_eq!(all(&headers, "connection"), ["close"]);
    assert!(!headers.contains_key("transfer-encoding"));
}

#[tokio::test]
async fn removes_a_length_that_would_not_be_true() {
    let headers = heads(get(), &[("content-length", "12")]).await;
    assert!(!headers.contains_key("content-length"));
}

/// What the layer makes of an event stream's type that cannot stay.
const CLEAN: &str = "text/event-stream; charset=utf-8";

/// Returns the types of a response after the layer, and whether it was an event stream.
async fn types(fields: &[&'static str]) -> (Vec<String>, bool) {
    let (_feed, mut response) = adopted();
    response.headers_mut().remove(CONTENT_TYPE);
    for field in fields {
        let value = HeaderValue::from_static(field);
        response.headers_mut().append(CONTENT_TYPE, value);
    }
    let headers = send(&layer(), get(), response).await.headers().clone();
    let types = all(&headers, "content-type").into_iter();
    let is_stream = headers.contains_key("x-accel-buffering");
    (types.map(str::to_owned).collect(), is_stream)
}

#[tokio::test]
async fn keeps_a_type_that_every_client_reads_as_an_event_stream() {
    for field in [
        "text/event-stream",
        "Text/Event-Stream",
        "text/event-stream;",
        "text/event-stream ; a=b",
        "text/event-stream; charset=UTF-8",
        "text/event-stream;charset=\"utf-8\"",
        "text/event-stream;a=\"x, text/plain\"",
        r#"text/event-stream;a="\", text/plain""#,
    ] {
        assert_eq!(types(&[field]).await, (vec![field.to_owned()], true));
    }
}

#[tokio::test]
async fn corrects_a_type_that_some_clients_reject() {
    let cases: [&[&str]; 17] = [
        &["text/event-stream; charset=utf8"],
        &["text/event-stream ; a=b; Charset=latin1"],
        &["text/event-stream;charset=utf-8;charset=latin1"],
        &[" text/event-stream"],
        &["text/event-stream\t"],
        &["text/plain, text/event-stream"],
        &["text/event-stream,"],
        &["text/event-stream", "text/event-stream"],
        &["text/event-stream", "text/event-stream; charset=utf8"],
        &["text/html", "text/event-stream"],
        &["text/event-stream", "*/*"],
        &["text/event-stream", "*/*;charset=latin1"],
        &["text/event-stream", ""],
        &["", "text/event-stream"],
        &["text/event-stream", "no type"],
        &["text/event-stream", "text/"],
        // One value of two fields: the quotation goes on.
        &["text/event-stream;a=\"x", "text/plain\""],
    ];
    for fields in cases {
        assert_eq!(
            types(fields).await,
            (vec![CLEAN.to_owned()], true),
            "{fields:?}"
        );
    }
}

#[tokio::test]
async fn leaves_a_response_alone_whose_last_type_is_another() {
    let cases: [&[&str]; 11] = [
        &[],
        &[""],
        &["*/*"],
        &["text/event-stream", "text/html"],
        &["text/event-stream, text/plain"],
        &["text/plain", "nothing", "*/*"],
        &["text/plain;a=\"x, text/event-stream\""],
        &["text/plain;a=\"x", "text/event-stream\""],
        &["text /event-stream"],
        &["text/event-stream x"],
        &["text/event-streams"],
    ];
    for fields in cases {
        let kept: Vec<_> = fields.iter().map(|&field| field.to_owned()).collect();
        assert_eq!(types(fields).await, (kept, false), "{fields:?}");
    }
}

#[tokio::test]
async fn removes_what_holds_for_the_bytes_of_the_body_alone() {
    let set = [
        ("accept-ranges", "bytes"),
        ("content-digest", "sha-256=:AA==:"),
        ("content-md5", "AA=="),
        ("digest", "sha-256=AA=="),
        ("etag", "\"1\""),
        ("last-modified", "Thu, 01 Jan 2026 00:00:00 GMT"),
        ("repr-digest", "sha-256=:AA==:"),
    ];
    let plain = heads(get(), &set).await;
    // Nothing is put into it.
    let compressed = [&set[..], &[("content-encoding", "gzip")]].concat();
    let compressed = heads(get(), &compressed).await;
    for (name, value) in set {
        assert!(!plain.contains_key(name), "{name}");
        assert_eq!(all(&compressed, name), [value]);
    }
    let head = heads(get().method(Method::HEAD), &set).await;
    assert_eq!(head, plain);
}

#[tokio::test]
async fn gives_head_the_same_head_and_drops_the_body_at_once() {
    let (feed, response) = adopted();
    let response = send(&layer(), get().method(Method::HEAD), response).await;
    assert!(feed.is_dropped());
    assert_eq!(response.headers(), &heads(get(), &[]).await);
    assert!(response.body().is_end_stream());
    // An exact size would become a `Content-Length` that GET does not have.
    assert_eq!(response.body().size_hint().exact(), None);
    assert_eq!(text(response.into_body()).await, "");
}

#[tokio::test]
async fn streams_for_any_method() {
    let (feed, response) = adopted();
    let mut response = send(&bare(), get().method(Method::POST), response).await;
    feed.data("data: x\n\n");
    assert_eq!(next(response.body_mut()).await.unwrap(), "data: x\n\n");
}

#[tokio::test]
async fn rejects_clients_that_do_not_accept_streams_when_set_to() {
    let strict = layer().require_accept(true);
    let json = || any().header(ACCEPT, "application/json");
    for method in [Method::GET, Method::HEAD] {
        let (feed, response) = adopted();
        let response = send(&strict, json().method(method), response).await;
        assert_eq!(response.status(), 406);
        assert!(feed.is_dropped());
        assert!(!response.headers().contains_key(CONTENT_TYPE));
        assert_eq!(response.headers()["cache-control"], "no-store");
        assert_eq!(response.body().size_hint().exact(), Some(0));
        assert_eq!(text(response.into_body()).await, "");
    }
    let answers = [
        (strict.clone(), get()),
        (strict.clone(), any()),
        (strict.clone(), json().method(Method::POST)),
        (layer(), json()),
    ];
    for (layer, request) in answers {
        let (_feed, response) = adopted();
        assert_eq!(send(&layer, request, response).await.status(), 200);
    }
    let page = Response::new(Full::<Bytes>::default());
    assert_eq!(send(&strict, json(), page).await.status(), 200);
}

#[tokio::test]
async fn keeps_the_streams_own_headers_whatever_a_foreign_connection_header_names() {
    let set = [
        (
            "connection",
            "content-type, cache-control, x-accel-buffering, content-encoding, x-hop",
        ),
        ("content-encoding", "gzip"),
        ("x-hop", "gone"),
    ];
    for version in [Version::HTTP_2, Version::HTTP_10] {
        let headers = heads(get().version(version), &set).await;
        assert_eq!(all(&headers, "content-type"), ["text/event-stream"]);
        assert_eq!(all(&headers, "cache-control"), ["no-store, no-transform"]);
        assert_eq!(all(&headers, "x-accel-buffering"), ["no"]);
        assert_eq!(all(&headers, "content-encoding"), ["gzip"]);
        assert!(!headers.contains_key("x-hop"));
    }
}

#[tokio::test]
async fn does_not_say_keep_alive_when_a_shutdown_has_begun() {
    let shutdown = Shutdown::with_timer(TokioTimer::new());
    let trigger = shutdown.clone();
    let service = service_fn(move |_: http::Request<()>| {
        let (_feed, response) = adopted();
        let trigger = trigger.clone();
        async move {
            trigger.trigger();
            Ok::<_, Infallible>(response)
        }
    });
    let layer = layer().shutdown(&shutdown);
    let response = call(layer.layer(service), get().version(Version::HTTP_11)).await;
    assert!(!response.headers().contains_key(CONNECTION));
}
