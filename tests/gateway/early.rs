//! A head that is out before the service has an answer.

use std::{convert::Infallible, future::pending, time::Duration};

use bytes::Bytes;
use futures::stream;
use http::{Method, Request, Response, StatusCode, header};
use http_body::Body;
use http_body_util::{BodyExt, Full};
use hyper_util::rt::TokioTimer;
use tokio::time::{Instant, sleep};
use tower::{Layer, Service, ServiceBuilder, service_fn};
use tower_sse::{
    BoxError, EarlyHeadLayer, Event, EventStream, FinalEvents, LateAnswer, RejectPolicy, Retry,
    Shutdown, SseLayer, WireEnd,
};

use crate::{bodies::*, closes::Closes};

const DELAY: Duration = Duration::from_millis(100);

fn early() -> EarlyHeadLayer {
    EarlyHeadLayer::with_timer(TokioTimer::new(), DELAY)
}

fn layer() -> SseLayer {
    SseLayer::with_timer(TokioTimer::new()).retry(Retry::fixed(SECOND))
}

/// A request as a browser's `EventSource` makes it.
fn get() -> http::request::Builder {
    Request::get("/").header(header::ACCEPT, "text/event-stream")
}

/// A request of a client that does not resume.
fn ask() -> http::request::Builder {
    post().header(header::ACCEPT, "text/event-stream")
}

/// Sends a request through both layers to a service that answers after a time.
async fn send_late<R, E>(
    layer: SseLayer,
    early: EarlyHeadLayer,
    request: http::request::Builder,
    after: Duration,
    answer: Result<R, E>,
) -> Result<Response<impl Body<Data = Bytes, Error = tower_sse::Error> + Unpin>, E>
where
    R: tower_sse::IntoSseResponse,
    E: Into<BoxError>,
    <R::Body as Body>::Error: Into<BoxError>,
{
    let mut answer = Some(answer);
    let service = service_fn(move |_: Request<()>| {
        let answer = answer.take().unwrap();
        async move {
            sleep(after).await;
            answer
        }
    });
    let mut service = layer.layer(early.layer(service));
    let response = service.call(request.body(()).unwrap()).await?;
    Ok(response.map(Box::pin))
}

fn too_many() -> Response<Full<Bytes>> {
    Response::builder()
        .status(StatusCode::TOO_MANY_REQUESTS)
        .header(header::SET_COOKIE, "a=b")
        .header(header::CONTENT_TYPE, "application/json")
        .body(Full::from("{\"wait\":7}"))
        .unwrap()
}

fn hello() -> EventStream<impl futures::Stream<Item = Event>> {
    EventStream::new(stream::iter([Event::new("hello")]))
}

#[tokio::test(start_paused = true)]
async fn head_preamble_and_heartbeats_come_before_the_answer() {
    let start = Instant::now();
    let answer = Ok::<_, Infallible>(hello());
    let response = send_late(layer(), early(), get(), 20 * SECOND, answer);
    let Ok(response) = response.await;
    assert_eq!(start.elapsed(), DELAY);
    assert_eq!(response.status(), 200);
    let headers = response.headers();
    assert_eq!(headers["content-type"], "text/event-stream; charset=utf-8");
    assert_eq!(headers["cache-control"], "no-store, no-transform");
    assert_eq!(headers["connection"], "keep-alive");
    let mut body = response.into_body();
    assert_eq!(next(&mut body).await.unwrap(), "retry: 1000\n");
    assert_eq!(start.elapsed(), DELAY);
    assert_eq!(next(&mut body).await.unwrap(), ":\n");
    assert_eq!(start.elapsed(), DELAY + 15 * SECOND);
    assert_eq!(next(&mut body).await.unwrap(), "data: hello\n\n");
    assert_eq!(start.elapsed(), 20 * SECOND);
    assert_eq!(next(&mut body).await, None);
}

#[tokio::test(start_paused = true)]
async fn a_quick_answer_is_not_touched() {
    let start = Instant::now();
    let after = DELAY / 2;
    let answer = Ok::<_, Infallible>(too_many());
    let Ok(response) = send_late(layer(), early(), get(), after, answer).await;
    assert_eq!(start.elapsed(), after);
    assert_eq!(response.status(), 429);
    assert_eq!(response.headers(), too_many().headers());
    assert_eq!(response.body().size_hint().exact(), Some(10));
    assert_eq!(text(response.into_body()).await, "{\"wait\":7}");

    let mut stream = event_stream(chunks(["data: x\n\n"]));
    let cookie = header::HeaderValue::from_static("a=b");
    stream.headers_mut().insert(header::SET_COOKIE, cookie);
    let answer = Ok::<_, Infallible>(stream);
    let Ok(response) = send_late(layer(), early(), get(), after, answer).await;
    assert_eq!(response.headers()["set-cookie"], "a=b");
    assert_eq!(text(response.into_body()).await, "retry: 1000\ndata: x\n\n");

    let answer = Err::<Response<Full<Bytes>>, _>(BoxError::from("broken"));
    let error = send_late(layer(), early(), get(), after, answer).await;
    assert_eq!(error.err().unwrap().to_string(), "broken");
}

#[tokio::test(start_paused = true)]
async fn a_late_answer_that_is_no_stream_becomes_an_event() {
    let closes = Closes::default();
    let early = early().on_late(|late| match late {
        LateAnswer::Response(response) => {
            assert_eq!(response.headers()["set-cookie"], "a=b");
            let body = String::from_utf8_lossy(response.body());
            Some(Event::new(format!("{} {body}", response.status())))
        }
        LateAnswer::Error(error) => Some(Event::new(error.to_string())),
        _ => None,
    });
    let answer = Ok::<_, Infallible>(too_many());
    let layer = || closes.watch(layer());
    let Ok(response) = send_late(layer(), early.clone(), ask(), SECOND, answer).await;
    let expected = "retry: 1000\ndata: 429 Too Many Requests {\"wait\":7}\n\n";
    assert_eq!(text(response.into_body()).await, expected);
    let summary = closes.take();
    assert_eq!(summary.reason.as_str(), "failed");
    assert_eq!(summary.wire, WireEnd::Clean);
    assert_eq!(summary.events, Some(1));
    let error = "the service answered 429 Too Many Requests after the head of a stream";
    assert_eq!(summary.error.as_deref(), Some(error));

    let answer = Err::<Response<Full<Bytes>>, _>(BoxError::from("no upstream"));
    let response = send_late(layer(), early, ask(), SECOND, answer).await;
    let body = response.unwrap().into_body();
    assert_eq!(text(body).await, "retry: 1000\ndata: no upstream\n\n");
    let error = "the service failed after the head of a stream: no upstream";
    assert_eq!(closes.take().error.as_deref(), Some(error));
}

#[tokio::test(start_paused = true)]
async fn without_an_event_a_late_answer_breaks_a_one_shot_stream() {
    let late = || Ok::<_, Infallible>(too_many());
    let Ok(response) = send_late(layer(), early(), ask(), SECOND, late()).await;
    let (sent, error) = outcome(response.into_body()).await;
    assert_eq!(sent, "retry: 1000\n");
    let text_429 = "the service answered 429 Too Many Requests after the head of a stream";
    assert_eq!(error.as_deref(), Some(text_429));

    let none = early().on_late(|_| None::<Event>);
    let sorry = FinalEvents::new().failure(Event::new("sorry"));
    let layer = layer().final_events(sorry);
    let Ok(response) = send_late(layer, none, ask(), SECOND, late()).await;
    assert_eq!(
        text(response.into_body()).await,
        "retry: 1000\ndata: sorry\n\n"
    );
}

#[tokio::test(start_paused = true)]
async fn a_client_that_would_meet_a_late_answer_again_stays_away() {
    let late = || Ok::<_, Infallible>(too_many());
    let request = || get().header("last-event-id", "a-7");
    let Ok(response) = send_late(layer(), early(), request(), SECOND, late()).await;
    let stop = "event: tower-sse.late\nid: a-7\nretry: 2147483647\ndata: \n\n";
    assert_eq!(
        text(response.into_body()).await,
        format!("retry: 1000\n{stop}")
    );

    let layer_off = layer().final_retry(false);
    let Ok(response) = send_late(layer_off, early(), request(), SECOND, late()).await;
    assert!(outcome(response.into_body()).await.1.is_some());

    // After an error it comes back, as it does after a failed connection.
    let answer = Err::<Response<Full<Bytes>>, _>(BoxError::from("broken"));
    let response = send_late(layer(), early(), request(), SECOND, answer).await;
    let expected = ("retry: 1000\n".to_owned(), Some("broken".to_owned()));
    assert_eq!(outcome(response.unwrap().into_body()).await, expected);
}

#[tokio::test(start_paused = true)]
async fn the_body_of_a_late_answer_is_cut_off() {
    let early = early().max_late_body(5).on_late(|late| match late {
        LateAnswer::Response(late) => Some(Event::new(late.body().clone())),
        _ => None,
    });
    for parts in [
        vec!["12345678"],
        vec!["12", "34", "56"],
        vec!["", "1234", "5"],
    ] {
        let answer = Ok::<_, Infallible>(Response::new(chunks(parts)));
        let Ok(response) = send_late(bare(), early.clone(), ask(), SECOND, answer).await;
        assert_eq!(text(response.into_body()).await, "data: 12345\n\n");
    }
    let acts = acting([Act::Data("12".into()), Act::Wait, Act::Fail("broken")]);
    let answer = Ok::<_, Infallible>(Response::new(acts));
    let early = early.on_late(|late| match late {
        LateAnswer::Error(error) => Some(Event::new(error.to_string())),
        _ => None,
    });
    let Ok(response) = send_late(bare(), early, ask(), SECOND, answer).await;
    assert_eq!(text(response.into_body()).await, "data: broken\n\n");
}

#[tokio::test(start_paused = true)]
async fn a_late_stream_that_is_compressed_is_an_answer_like_others() {
    let mut stream = event_stream(chunks(["zipped"]));
    let gzip = header::HeaderValue::from_static("gzip");
    stream.headers_mut().insert(header::CONTENT_ENCODING, gzip);
    let early = early().on_late(|late| match late {
        LateAnswer::Response(late) => Some(Event::new(late.status().to_string())),
        _ => None,
    });
    let answer = Ok::<_, Infallible>(stream);
    let Ok(response) = send_late(bare(), early, ask(), SECOND, answer).await;
    assert_eq!(text(response.into_body()).await, "data: 200 OK\n\n");
}

#[tokio::test(start_paused = true)]
async fn only_requests_that_expect_a_stream_get_an_early_head() {
    let head = || Request::builder().method(Method::HEAD).uri("/");
    let accepting = head().header(header::ACCEPT, "text/event-stream");
    for (early, request) in [
        (early(), post()),
        (
            early(),
            get()
                .header(header::ACCEPT, "application/json")
                .method("POST"),
        ),
        (early(), accepting),
        (early().expect_stream(|_| false), get()),
        (early().expect_stream(|_| true), head()),
    ] {
        let start = Instant::now();
        let answer = Ok::<_, Infallible>(too_many());
        let Ok(response) = send_late(layer(), early, request, SECOND, answer).await;
        assert_eq!(response.status(), 429);
        assert_eq!(start.elapsed(), SECOND);
    }
    let by_path = early().expect_stream(|head| head.uri().path() == "/");
    let answer = Ok::<_, Infallible>(too_many());
    let Ok(response) = send_late(layer(), by_path, post(), SECOND, answer).await;
    assert_eq!(response.status(), 200);
}

#[tokio::test(start_paused = true)]
async fn a_delay_of_zero_waits_for_nothing() {
    let start = Instant::now();
    let early = || EarlyHeadLayer::with_timer(TokioTimer::new(), Duration::ZERO);
    let answer = Ok::<_, Infallible>(hello());
    let Ok(response) = send_late(layer(), early(), get(), SECOND, answer).await;
    assert_eq!(start.elapsed(), Duration::ZERO);
    assert_eq!(
        text(response.into_body()).await,
        "retry: 1000\ndata: hello\n\n"
    );
    // An answer that is there is quick all the same.
    let service = service_fn(async |_: Request<()>| Ok::<_, Infallible>(too_many()));
    let response = call(layer().layer(early().layer(service)), get()).await;
    assert_eq!(response.status(), 429);
    // And a delay beyond all clocks is never over.
    let early = EarlyHeadLayer::with_timer(TokioTimer::new(), Duration::MAX);
    let answer = Ok::<_, Infallible>(too_many());
    let Ok(response) = send_late(layer(), early, get(), SECOND, answer).await;
    assert_eq!(response.status(), 429);
}

#[tokio::test(start_paused = true)]
async fn a_panic_of_a_late_service_is_a_failure() {
    let service = service_fn(
        async |_: Request<()>| -> Result<Response<Full<Bytes>>, Infallible> {
            sleep(SECOND).await;
            std::panic::resume_unwind(Box::new("out of order"));
        },
    );
    let sorry = FinalEvents::new().failure(Event::new("sorry"));
    let layer = layer().final_events(sorry);
    let response = call(layer.layer(early().layer(service)), ask()).await;
    let expected = "retry: 1000\ndata: sorry\n\n";
    assert_eq!(text(response.into_body()).await, expected);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_leaves_ends_the_work() {
    let (alive, mut dropped) = tokio::sync::oneshot::channel::<()>();
    let mut alive = Some(alive);
    let service = service_fn(move |_: Request<()>| {
        let alive = alive.take();
        async move {
            let _alive = alive;
            pending::<Result<Response<Full<Bytes>>, Infallible>>().await
        }
    });
    let response = call(layer().layer(early().layer(service)), get()).await;
    let mut body = Box::pin(response.into_body());
    assert_eq!(next(&mut body).await.unwrap(), "retry: 1000\n");
    assert!(is_silent(&mut body));
    assert!(
        dropped
            .try_recv()
            .is_err_and(|error| error.to_string().contains("empty"))
    );
    drop(body);
    assert!(
        dropped
            .try_recv()
            .is_err_and(|error| error.to_string().contains("closed"))
    );
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_ends_a_stream_that_waits_for_its_answer() {
    for (request, waits) in [(get(), Duration::ZERO), (ask(), 20 * SECOND)] {
        let shutdown = Shutdown::with_timer(TokioTimer::new());
        let never = service_fn(async |_: Request<()>| {
            pending::<Result<Response<Full<Bytes>>, Infallible>>().await
        });
        let layer = bare().shutdown(&shutdown).final_retry(false);
        let response = call(layer.layer(early().layer(never)), request).await;
        let mut body = Box::pin(response.into_body());
        assert!(is_silent(&mut body));
        let start = Instant::now();
        shutdown.trigger();
        outcome(body).await;
        let flush = if waits.is_zero() {
            Duration::ZERO
        } else {
            SECOND / 10
        };
        assert_eq!(start.elapsed(), waits + flush);
    }
}

#[tokio::test(start_paused = true)]
async fn a_limit_is_decided_before_the_head() {
    let layer = layer().max_streams(
        1,
        RejectPolicy::with_status(StatusCode::SERVICE_UNAVAILABLE),
    );
    let service = ServiceBuilder::new()
        .layer(layer)
        .layer(early())
        .service(service_fn(async |_: Request<()>| {
            pending::<Result<Response<Full<Bytes>>, Infallible>>().await
        }));
    let first = call(service.clone(), ask()).await;
    assert_eq!(first.status(), 200);
    let second = call(service.clone(), ask()).await;
    assert_eq!(second.status(), 503);
    drop(first);
    assert_eq!(call(service, ask()).await.status(), 200);
}

#[tokio::test(start_paused = true)]
async fn it_works_without_the_layer() {
    let service = service_fn(async |_: Request<()>| {
        sleep(SECOND).await;
        Ok::<_, Infallible>(hello())
    });
    let response = call(early().layer(service), get()).await;
    assert_eq!(
        response.headers()["content-type"],
        "text/event-stream; charset=utf-8"
    );
    let body = response.into_body().collect().await.unwrap().to_bytes();
    assert_eq!(body, "data: hello\n\n");
}
