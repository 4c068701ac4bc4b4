//! When events arrive that a stream takes long to make, beside those of axum's `Sse`.
//!
//! In real time, for what they take is the processor's time: nothing waits for a clock.

use std::{
    convert::Infallible,
    future::poll_fn,
    net::SocketAddr,
    sync::mpsc,
    task::Poll,
    thread,
    time::{Duration, Instant},
};

use axum::{
    Router,
    response::{Sse, sse},
    routing::get,
};
use futures::{
    StreamExt,
    future::join_all,
    stream::{self, BoxStream},
};
use http::Response;
use tokio::runtime::{Builder, Runtime};
use tower_sse::{EventStream, SseLayer};

use crate::server::{self, Http, next, serve};

/// What it takes to make an event.
const STEP: Duration = Duration::from_millis(300);

const EVENTS: u32 = 4;

/// Gives way to other tasks, as what computes for long should.
async fn yield_now() {
    let mut has_yielded = false;
    poll_fn(|cx| {
        if std::mem::replace(&mut has_yielded, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// Returns when the event was made.
async fn compute(start: Instant) -> String {
    yield_now().await;
    thread::sleep(STEP);
    start.elapsed().as_millis().to_string()
}

/// Makes one event after the other, and gives way between them.
fn in_turn(start: Instant) -> BoxStream<'static, String> {
    let made = move |number| async move {
        match number {
            EVENTS => None,
            _ => Some((compute(start).await, number + 1)),
        }
    };
    stream::unfold(0, made).boxed()
}

/// The same by futures of which each wakes the stream.
fn unordered(start: Instant) -> BoxStream<'static, String> {
    let futures = (0..EVENTS).map(move |_| compute(start));
    stream::iter(futures).buffer_unordered(1).boxed()
}

fn app(start: Instant) -> Router {
    type Make = fn(Instant) -> BoxStream<'static, String>;
    let event = |text| Ok::<_, Infallible>(sse::Event::default().data(text));
    let axum = |make: Make| get(async move || Sse::new(make(start).map(event)));
    let typed = |make: Make| get(async move || Response::from(EventStream::new(make(start))));
    let both = |app: Router, name: &str, make: Make| {
        app.route(&format!("/axum/{name}"), axum(make))
            .route(&format!("/typed/{name}"), typed(make))
    };
    let app = both(Router::new(), "in_turn", in_turn);
    let app = both(app, "unordered", unordered);
    let layered = app.clone().layer(SseLayer::new());
    app.nest("/layered", layered)
}

/// Returns when each event was made and when it came.
async fn times(http: Http, address: SocketAddr, path: &str, start: Instant) -> Vec<[Duration; 2]> {
    let mut body = server::get(http, address, path).await;
    let (mut text, mut times) = (String::new(), Vec::new());
    while times.len() < EVENTS as usize {
        text += std::str::from_utf8(&next(&mut body).await).unwrap();
        let came = start.elapsed();
        while let Some((event, rest)) = text.split_once("\n\n") {
            let made = event.split_once("data: ").unwrap().1.parse().unwrap();
            times.push([Duration::from_millis(made), came]);
            text = rest.to_owned();
        }
    }
    times
}

/// A server has as many threads as it has streams, each of which keeps one busy.
fn runtime(threads: usize) -> Runtime {
    let mut builder = Builder::new_multi_thread();
    builder
        .worker_threads(threads)
        .enable_all()
        .build()
        .unwrap()
}

#[test]
fn each_event_comes_before_the_next_is_made_as_with_axum() {
    let start = Instant::now();
    let (sender, address) = mpsc::channel();
    let server = runtime(20);
    server.spawn(async move { sender.send(serve(app(start)).await).unwrap() });
    let address = address.recv().unwrap();
    let mut cases = Vec::new();
    for http in [Http::One, Http::Two] {
        for way in ["/axum", "/typed", "/layered/axum", "/layered/typed"] {
            for name in ["in_turn", "unordered"] {
                cases.push((http, format!("{way}/{name}")));
            }
        }
    }
    let all = cases.iter();
    let all = all.map(|(http, path)| times(*http, address, path, start));
    let all = runtime(2).block_on(join_all(all));
    for (case, times) in cases.iter().zip(all) {
        for pair in times.windows(2) {
            let [[made, came], [next_made, _]] = pair else {
                unreachable!("there are two");
            };
            assert!(came < next_made, "{case:?}: made after {made:?}: {times:?}");
        }
    }
    server.shutdown_background();
}
