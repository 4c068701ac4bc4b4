use std::{
    mem,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex},
};

use futures::{StreamExt, stream};
use http::Response;
use http_body_util::BodyExt;
use tokio::time::{Instant, advance};
use tower_sse::{
    CloseReason, Event, EventStream, Heartbeat, Lifetime, Retry, SseLayer, SseOptions,
    StreamSummary,
};

use crate::support::*;

/// Keeps the summaries of streams that close.
#[derive(Clone, Default)]
pub(crate) struct Closes(Arc<Mutex<Vec<StreamSummary>>>);

impl Closes {
    pub(crate) fn watch(&self, layer: SseLayer) -> SseLayer {
        let closes = Arc::clone(&self.0);
        layer.on_close(move |summary| closes.lock().unwrap().push(summary.clone()))
    }

    pub(crate) fn take(&self) -> Vec<CloseReason> {
        let reason = |summary: StreamSummary| summary.reason;
        self.summaries().into_iter().map(reason).collect()
    }

    pub(crate) fn summaries(&self) -> Vec<StreamSummary> {
        mem::take(&mut self.0.lock().unwrap())
    }
}

#[tokio::test(start_paused = true)]
async fn reports_all_of_a_stream_that_completed() {
    let closes = Closes::default();
    let layer = closes
        .watch(layer().retry(Retry::fixed(SECOND)))
        .label("path", |head| Some(head.uri().path().to_owned()))
        .label("user", |head| {
            head.headers().get("user")?.to_str().ok().map(str::to_owned)
        });
    let later = async {
        tokio::time::sleep(20 * SECOND).await;
        Event::new("two")
    };
    let events = stream::iter([Event::new("one")]).chain(stream::once(Box::pin(later)));
    let events = EventStream::new(events);
    let body = send(&layer, get(), events).await.into_body();
    let sent = "retry: 1000\ndata: one\n\n:\ndata: two\n\n";
    assert_eq!(text(body).await, sent);

    let [summary] = &closes.summaries()[..] else {
        panic!("one stream, one summary");
    };
    assert_eq!(summary.reason, CloseReason::Completed);
    assert_eq!(summary.duration, 20 * SECOND);
    assert_eq!(summary.events, Some(2));
    assert_eq!(summary.frames, 4);
    assert_eq!(summary.bytes, sent.len() as u64);
    assert_eq!(summary.heartbeats, 1);
    assert_eq!(summary.labels.get("path"), Some("/"));
    assert_eq!(summary.labels.get("user"), None);
    assert_eq!(
        summary.to_string(),
        "completed after 20.0s, 2 events, 4 frames, 36 bytes, 1 heartbeats"
    );
}

#[tokio::test(start_paused = true)]
async fn reports_a_client_that_left() {
    let closes = Closes::default();
    let (_feed, response) = adopted();
    let mut body = send(&closes.watch(bare()), get(), response)
        .await
        .into_body();
    assert!(is_silent(&mut body));
    assert_eq!(closes.take(), []);
    advance(SECOND).await;
    drop(body);
    let [summary] = &closes.summaries()[..] else {
        panic!("one stream, one summary");
    };
    assert_eq!(summary.reason, CloseReason::ClientGone);
    assert_eq!(summary.duration, SECOND);
    assert_eq!(summary.events, None, "those of others are not counted");
}

#[tokio::test(start_paused = true)]
async fn reports_a_client_that_left_before_the_first_byte() {
    let closes = Closes::default();
    let opens = Arc::new(Mutex::new(0));
    let counter = Arc::clone(&opens);
    let layer = closes
        .watch(bare())
        .on_open(move |_| *counter.lock().unwrap() += 1);
    let (_feed, response) = adopted();
    drop(send(&layer, get(), response).await);
    assert_eq!(closes.take(), [CloseReason::ClientGone]);
    assert_eq!(*opens.lock().unwrap(), 1);
}

#[tokio::test(start_paused = true)]
async fn reports_a_failure_also_when_nobody_waits_for_it() {
    let closes = Closes::default();
    for waits in [true, false] {
        let (feed, response) = adopted();
        let mut body = send(&closes.watch(bare()), get(), response)
            .await
            .into_body();
        feed.fail("broken");
        assert!(is_silent(&mut body));
        assert_eq!(closes.take(), []);
        if waits {
            assert!(body.frame().await.unwrap().is_err());
            assert_eq!(closes.take(), [CloseReason::Failed]);
            drop(body);
            assert_eq!(closes.take(), []);
        } else {
            drop(body);
            assert_eq!(closes.take(), [CloseReason::Failed]);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn does_not_take_a_panic_elsewhere_for_its_own() {
    let closes = Closes::default();
    let (_feed, response) = adopted();
    let mut body = send(&closes.watch(bare()), get(), response)
        .await
        .into_body();
    assert!(is_silent(&mut body));
    let panicked = catch_unwind(AssertUnwindSafe(move || {
        let _body = body;
        panic!("not the stream's");
    }));
    assert!(panicked.is_err());
    assert_eq!(closes.take(), [CloseReason::ClientGone]);
}

#[tokio::test(start_paused = true)]
async fn closes_though_a_callback_of_the_opening_panics() {
    let closes = Closes::default();
    let layer = closes.watch(bare()).on_open(|_| panic!("of on_open"));
    let (_feed, response) = adopted();
    let mut body = send(&layer, get(), response).await.into_body();
    assert!(catch_unwind(AssertUnwindSafe(|| is_silent(&mut body))).is_err());
    drop(body);
    assert_eq!(closes.take(), [CloseReason::ClientGone]);
}

#[tokio::test(start_paused = true)]
async fn ends_in_time_though_the_client_reads_slowly() {
    let closes = Closes::default();
    let mut response = Response::from(EventStream::new(stream::repeat("x")).frame_size(0));
    let own = SseOptions::new().deadline(5 * SECOND);
    response.extensions_mut().insert(own);
    let mut body = send(&closes.watch(bare()), get(), response)
        .await
        .into_body();
    let start = Instant::now();
    while next(&mut body).await.is_some() {
        advance(SECOND).await;
    }
    assert_eq!(start.elapsed(), 5 * SECOND);
    assert_eq!(closes.take(), [CloseReason::Deadline]);
}

#[tokio::test(start_paused = true)]
async fn counts_every_event_that_is_sent() {
    let closes = Closes::default();
    let events = stream::iter([Ok(Event::new("x")), Ok(Event::default()), Err("no more")]);
    let events = EventStream::new(events).error_event(|_| Event::new("sorry"));
    let body = send(&closes.watch(bare()), get(), events).await.into_body();
    assert_eq!(text(body).await, "data: x\n\ndata: sorry\n\n");
    let closing = EventStream::new(stream::iter(["x"])).final_event(Event::close());
    text(
        send(&closes.watch(bare()), get(), closing)
            .await
            .into_body(),
    )
    .await;
    let events = closes.summaries().into_iter().map(|summary| summary.events);
    assert_eq!(events.collect::<Vec<_>>(), [Some(2), Some(2)]);
}

#[tokio::test(start_paused = true)]
async fn runs_a_closure_when_the_stream_is_gone() {
    let (held, runs) = (Arc::new(()), Arc::new(Mutex::new(0)));
    let events = stream::pending::<Event>().map({
        let held = Arc::clone(&held);
        move |event| (Arc::clone(&held), event).1
    });
    let events = EventStream::new(events).on_drop({
        let runs = Arc::clone(&runs);
        move || {
            assert_eq!(Arc::strong_count(&held), 1, "the stream is gone already");
            *runs.lock().unwrap() += 1;
        }
    });
    let mut body = send(&bare(), get(), events.into_boxed()).await.into_body();
    assert!(is_silent(&mut body));
    assert_eq!(*runs.lock().unwrap(), 0);
    drop(body);
    assert_eq!(*runs.lock().unwrap(), 1);
}

#[tokio::test(start_paused = true)]
async fn reports_completion_though_the_end_is_not_polled_for() {
    let closes = Closes::default();
    let whole = http_body_util::Full::<bytes::Bytes>::from("data: x\n\n");
    let response = Response::builder().header("content-type", "text/event-stream");
    let response = response.body(whole).unwrap();
    let mut body = send(&closes.watch(bare()), get(), response)
        .await
        .into_body();
    next(&mut body).await;
    drop(body);
    assert_eq!(closes.take(), [CloseReason::Completed]);
}

#[tokio::test(start_paused = true)]
async fn ends_at_its_lifetime() {
    let closes = Closes::default();
    let (feed, response) = adopted();
    let layer = closes.watch(bare().max_lifetime(Lifetime::new(20 * SECOND)));
    let mut body = send(&layer, get(), response).await.into_body();
    let start = Instant::now();
    assert_eq!(next(&mut body).await.unwrap(), ":\n");
    advance(SECOND).await;
    feed.data("data: x\n\n");
    assert_eq!(next(&mut body).await.unwrap(), "data: x\n\n");
    assert_eq!(next(&mut body).await, None);
    assert_eq!(start.elapsed(), 20 * SECOND);
    assert_eq!(closes.take(), [CloseReason::Lifetime]);
}

#[tokio::test(start_paused = true)]
async fn takes_the_jitter_off_the_lifetime() {
    let layer = bare()
        .heartbeat(Heartbeat::off())
        .max_lifetime(Lifetime::new(100 * SECOND).jitter(0.5));
    let mut ends = Vec::new();
    for _ in 0..20 {
        let (_feed, response) = adopted();
        let body = send(&layer, get(), response).await.into_body();
        let start = Instant::now();
        text(body).await;
        ends.push(start.elapsed());
    }
    assert!(
        ends.iter()
            .all(|end| (49 * SECOND..=101 * SECOND).contains(end))
    );
    ends.sort();
    ends.dedup();
    assert!(ends.len() > 10, "{ends:?}");
}

#[tokio::test(start_paused = true)]
async fn ends_at_the_deadline_of_its_handler() {
    let closes = Closes::default();
    let (_feed, mut response) = adopted();
    response
        .extensions_mut()
        .insert(SseOptions::new().deadline(5 * SECOND));
    let layer = closes.watch(bare().max_lifetime(Lifetime::new(20 * SECOND)));
    let body = send(&layer, get(), response).await.into_body();
    let start = Instant::now();
    assert_eq!(text(body).await, "");
    assert_eq!(start.elapsed(), 5 * SECOND);
    assert_eq!(closes.take(), [CloseReason::Deadline]);
}

#[tokio::test(start_paused = true)]
async fn ends_though_it_is_never_silent() {
    let events = stream::repeat("x").inspect(|_| {});
    let layer = bare().max_lifetime(Lifetime::new(SECOND));
    let events = EventStream::new(events).frame_size(1);
    let mut body = send(&layer, get(), events).await.into_body();
    let mut frames = 0;
    while next(&mut body).await.is_some() {
        frames += 1;
        if frames == 1000 {
            advance(2 * SECOND).await;
        }
        assert!(frames < 1100, "it is looked at the clock every 64 frames");
    }
    assert!(frames >= 1000);
}

#[tokio::test(start_paused = true)]
async fn ends_a_compressed_stream_without_a_word() {
    let closes = Closes::default();
    let (feed, mut response) = adopted();
    response
        .headers_mut()
        .insert("content-encoding", "gzip".parse().unwrap());
    let layer = closes.watch(layer().max_lifetime(Lifetime::new(SECOND)));
    let mut body = send(&layer, get(), response).await.into_body();
    feed.data("\u{feff}zipped");
    assert_eq!(next(&mut body).await.unwrap(), "\u{feff}zipped");
    assert_eq!(next(&mut body).await, None);
    assert_eq!(closes.take(), [CloseReason::Lifetime]);
}

#[tokio::test(start_paused = true)]
async fn drops_the_stream_and_its_guard_when_the_client_leaves() {
    struct Guard(Arc<Mutex<bool>>);

    impl Drop for Guard {
        fn drop(&mut self) {
            *self.0.lock().unwrap() = true;
        }
    }

    let cleaned = Arc::new(Mutex::new(false));
    let guard = Guard(Arc::clone(&cleaned));
    let events = stream::pending::<Event>().inspect(move |_| {
        let _guard = &guard;
    });
    let mut body = send(&bare(), get(), EventStream::new(events))
        .await
        .into_body();
    assert!(is_silent(&mut body));
    assert!(!*cleaned.lock().unwrap());
    drop(body);
    assert!(*cleaned.lock().unwrap());
}
