//! Requests that expect a stream, before the handler gets them.

use std::{
    convert::Infallible,
    pin::pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    task::{Context, Wake, Waker},
    thread,
    time::Duration,
};

use futures::{FutureExt, poll, stream};
use http::{Request, Response};
use hyper_util::rt::TokioTimer;
use tokio::time::{Instant, advance};
use tower::{Layer, service_fn, util::BoxCloneService};
use tower_sse::{
    BoxEventStream, Event, EventStream, LimitPolicy, RejectPolicy, Shutdown, SseBody, SseLayer,
};

use crate::support::*;

/// A service that counts how often its handler has run, whose streams never end.
struct Handler {
    service: BoxCloneService<Request<()>, Response<Body>, Infallible>,
    calls: Arc<AtomicUsize>,
}

type Body = SseBody<BoxEventStream>;

fn handler(layer: &SseLayer) -> Handler {
    let calls = Arc::<AtomicUsize>::default();
    let counter = Arc::clone(&calls);
    let service = layer.layer(service_fn(move |_: Request<()>| {
        let calls = Arc::clone(&counter);
        async move {
            calls.fetch_add(1, Ordering::Relaxed);
            let silence = stream::pending::<Event>();
            let stream = EventStream::new(silence).into_boxed();
            Ok::<_, Infallible>(Response::from(stream))
        }
    }));
    let service = BoxCloneService::new(service);
    Handler { service, calls }
}

impl Handler {
    fn request(
        &self,
        request: http::request::Builder,
    ) -> impl Future<Output = Response<Body>> + use<> {
        call(self.service.clone(), request)
    }

    fn calls(&self) -> usize {
        self.calls.load(Ordering::Relaxed)
    }
}

fn reject() -> RejectPolicy {
    RejectPolicy::with_status(http::StatusCode::TOO_MANY_REQUESTS)
}

#[tokio::test(start_paused = true)]
async fn calls_the_handler_no_more_often_than_there_are_places() {
    let layer = bare().max_streams(2, reject());
    for request in [get, || get().method("QUERY"), || get().method("POST")] {
        let handler = handler(&layer);
        let requests = (0..20).map(|_| handler.request(request()));
        let responses = futures::future::join_all(requests).await;
        let open = responses.iter().filter(|it| it.status() == 200).count();
        assert_eq!((handler.calls(), open), (2, 2));
    }
}

#[tokio::test(start_paused = true)]
async fn decides_after_the_handler_where_it_is_not_sure() {
    let layer = bare().max_streams(0, reject());
    for request in [
        any(),
        any().header("accept", "*/*"),
        any().method("POST").header("accept", "application/json"),
        get().method("POST").header("accept", "application/json"),
    ] {
        let handler = handler(&layer);
        assert_eq!(handler.request(request).await.status(), 429);
        assert_eq!(handler.calls(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn asks_the_user_which_requests_are_sure() {
    let layer = bare()
        .max_streams(0, reject())
        .expect_stream(|head| head.method() == "POST");
    let handler = handler(&layer);
    let request = any().method("POST");
    assert_eq!(handler.request(request).await.status(), 429);
    assert_eq!(handler.calls(), 0);
    assert_eq!(handler.request(get()).await.status(), 429);
    assert_eq!(handler.calls(), 1);
}

#[tokio::test(start_paused = true)]
async fn gives_the_place_back_of_a_response_that_is_no_stream() {
    let layer = bare().max_streams(1, reject());
    for _ in 0..3 {
        let page = Response::new(String::from("page"));
        let response = send(&layer, get(), page).await;
        assert_eq!(response.status(), 200);
    }
    let (_feed, response) = adopted();
    assert_eq!(send(&layer, get(), response).await.status(), 200);
}

#[tokio::test(start_paused = true)]
async fn rejects_at_a_shutdown_without_calling_the_handler() {
    let shutdown = Shutdown::with_timer(TokioTimer::new());
    let handler = handler(&bare().shutdown(&shutdown));
    shutdown.trigger();
    let response = handler.request(get()).await;
    assert_eq!(
        response.headers()["content-type"],
        "text/event-stream; charset=utf-8"
    );
    let post = handler.request(get().method("POST")).await;
    assert_eq!(post.status(), 503);
    assert_eq!(post.headers()["cache-control"], "no-store");
    assert_eq!(handler.calls(), 0);
}

#[tokio::test(start_paused = true)]
async fn waits_for_a_place_that_is_being_given_back() {
    let handler = handler(&bare().max_streams(1, reject()));
    let old = handler.request(get()).await;
    let mut new = Box::pin(handler.request(get()));
    assert!(poll!(&mut new).is_pending());
    advance(SECOND / 10).await;
    assert!(poll!(&mut new).is_pending());
    assert_eq!(handler.calls(), 1, "nothing is held but the request");
    drop(old);
    assert_eq!(new.await.status(), 200);

    // A second stream is rejected when the time is over.
    let handler = self::handler(&bare().max_streams(1, reject()));
    let _open = handler.request(get()).await;
    let start = Instant::now();
    assert_eq!(handler.request(get()).await.status(), 429);
    assert_eq!(start.elapsed(), SECOND / 5);
}

#[tokio::test(start_paused = true)]
async fn waits_as_long_as_the_policy_says() {
    for wait in [Duration::ZERO, 2 * SECOND] {
        let policy = LimitPolicy::reject(reject()).wait(wait);
        let handler = handler(&bare().max_streams(1, policy));
        let _open = handler.request(get()).await;
        let start = Instant::now();
        assert_eq!(handler.request(get()).await.status(), 429);
        assert_eq!(start.elapsed(), wait);
    }
}

#[tokio::test(start_paused = true)]
async fn serves_those_that_wait_in_their_order_and_bounds_them() {
    let handler = handler(&bare().max_streams(2, reject()));
    let mut open = vec![handler.request(get()).await, handler.request(get()).await];
    let mut first = Box::pin(handler.request(get()));
    let mut second = Box::pin(handler.request(get()));
    assert!(poll!(&mut first).is_pending());
    assert!(poll!(&mut second).is_pending());
    let third = handler.request(get()).now_or_never();
    assert_eq!(third.unwrap().status(), 429, "as many wait as have places");

    open.pop();
    // A later request does not take the place that is kept for one that waits.
    let late = handler.request(get()).now_or_never();
    assert!(late.is_none(), "it waits, behind the second");
    assert!(poll!(&mut second).is_pending());
    let std::task::Poll::Ready(first) = poll!(&mut first) else {
        panic!("the place is for the first");
    };
    open.pop();
    assert_eq!(second.await.status(), 200);
    drop(first);
}

#[tokio::test(start_paused = true)]
async fn passes_a_kept_place_on_when_its_client_has_left() {
    let handler = handler(&bare().max_streams(2, reject()));
    let one = handler.request(get()).await;
    let _two = handler.request(get()).await;
    let mut first = Box::pin(handler.request(get()));
    let mut second = Box::pin(handler.request(get()));
    assert!(poll!(&mut first).is_pending());
    assert!(poll!(&mut second).is_pending());
    drop(one);
    drop(first);
    assert_eq!(second.await.status(), 200);
}

#[tokio::test(start_paused = true)]
async fn holds_no_place_of_one_limit_while_it_waits_for_another() {
    let layer = bare()
        .max_streams(2, reject())
        .max_streams_per(1, reject(), |head| head.headers().get("user").cloned());
    let handler = handler(&layer);
    let _ada = handler.request(get().header("user", "ada")).await;
    let mut waits = Box::pin(handler.request(get().header("user", "ada")));
    assert!(poll!(&mut waits).is_pending());
    let bob = handler.request(get().header("user", "bob")).now_or_never();
    assert_eq!(bob.unwrap().status(), 200);
}

#[tokio::test(start_paused = true)]
async fn counts_once_what_nested_layers_share() {
    let shared = bare().max_streams(1, reject());
    let other = shared.clone().keep_alive_header(false);
    for outer in [shared.clone(), other] {
        let (_feed, response) = adopted();
        let mut response = Some(response);
        let service = shared.layer(service_fn(move |_: Request<()>| {
            let response = response.take().unwrap();
            async { Ok::<_, Infallible>(response) }
        }));
        let open = call(outer.layer(service), get()).await;
        assert_eq!(open.status(), 200);
        let (_feed, response) = adopted();
        assert_eq!(send(&shared, get(), response).await.status(), 429);
        drop(open);
    }
}

/// A waker that owns a stream, as the waker of a task owns all that is in the task.
struct Owner(#[expect(dead_code, reason = "it is dropped with the waker")] Mutex<Body>);

impl Wake for Owner {
    fn wake(self: Arc<Self>) {}
}

#[test]
fn drops_a_waker_that_owns_a_stream_of_the_same_limit() {
    let (done, is_done) = mpsc::channel();
    // In a thread of its own: with the limit locked, the drop of the stream would never return.
    thread::spawn(move || {
        let layer = bare().max_streams(1, LimitPolicy::reject(RejectPolicy::empty_stream()));
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        let status = runtime.block_on(async {
            let handler = handler(&layer);
            let open = handler.request(get()).await.into_body();
            let mut waiting = pin!(handler.request(get()));
            let owner = Waker::from(Arc::new(Owner(Mutex::new(open))));
            let polled = waiting.as_mut().poll(&mut Context::from_waker(&owner));
            assert!(polled.is_pending());
            drop(owner);
            // With another waker, which replaces the last clone of the first.
            let polled = waiting
                .as_mut()
                .poll(&mut Context::from_waker(Waker::noop()));
            assert!(polled.is_pending());
            waiting.await.status()
        });
        done.send(status).unwrap();
    });
    assert_eq!(is_done.recv_timeout(Duration::from_secs(60)).unwrap(), 200);
}
