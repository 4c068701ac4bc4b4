//! The newest stream of a key wins.

use std::time::Duration;

use http::Response;
use tokio::time::Instant;
use tower_sse::{CloseReason, Event, FinalEvents, LimitPolicy, SseLayer};

use crate::{closing::Closes, support::*};

const EVICTED: &str =
    "event: tower-sse.evicted\nid: tower-sse.evicted\nretry: 2147483647\ndata: \n\n";

fn one_each() -> SseLayer {
    bare().max_streams_per(1, LimitPolicy::evict_oldest(), |head| {
        head.headers().get("user").cloned()
    })
}

fn ada() -> http::request::Builder {
    get().header("user", "ada")
}

#[tokio::test(start_paused = true)]
async fn ends_the_oldest_stream_of_the_same_key() {
    let closes = Closes::default();
    let layer = closes.watch(one_each());
    let (_old_feed, response) = adopted();
    let mut old = send(&layer, ada(), response).await.into_body();
    assert!(is_silent(&mut old));
    let (_bob_feed, response) = adopted();
    let mut bob = send(&layer, get().header("user", "bob"), response)
        .await
        .into_body();
    assert!(is_silent(&mut bob));

    let (_feed, response) = adopted();
    let old = tokio::spawn(text(old));
    let start = Instant::now();
    let new = send(&layer, ada(), response).await;
    assert_eq!(start.elapsed(), Duration::ZERO, "it need not wait");
    assert_eq!(new.status(), 200);
    assert_eq!(old.await.unwrap(), EVICTED);
    assert_eq!(closes.take(), [CloseReason::Evicted]);
    assert!(is_silent(&mut bob));
    assert!(is_silent(&mut new.into_body()));
}

#[tokio::test(start_paused = true)]
async fn stops_a_client_that_reconnects() {
    let layer = one_each();
    let (_feed, response) = adopted();
    let mut open = send(&layer, ada(), response).await.into_body();
    let again = ada().header("last-event-id", "tower-sse.evicted");
    let (feed, response) = adopted();
    let stopped = send(&layer, again, response).await;
    assert_eq!(stopped.status(), 204);
    assert_eq!(stopped.headers()["cache-control"], "no-store");
    assert!(feed.is_dropped());
    assert!(is_silent(&mut open), "the newer stream is not evicted");
}

#[tokio::test(start_paused = true)]
async fn leaves_the_id_alone_where_nothing_is_evicted() {
    let again = get().header("last-event-id", "tower-sse.evicted");
    let (_feed, response) = adopted();
    assert_eq!(send(&bare(), again, response).await.status(), 200);
}

#[tokio::test(start_paused = true)]
async fn takes_the_place_of_a_stream_that_is_not_read() {
    let closes = Closes::default();
    let layer = closes.watch(one_each());
    let (_old_feed, response) = adopted();
    let mut stuck = send(&layer, ada(), response).await.into_body();
    assert!(is_silent(&mut stuck));
    let start = Instant::now();
    let (_feed, response) = adopted();
    let mut new = send(&layer, ada(), response).await.into_body();
    assert_eq!(start.elapsed(), Duration::ZERO);
    assert!(is_silent(&mut new));
    // It ends when it is read, and gives back nothing that it no longer has.
    assert_eq!(text(stuck).await, EVICTED);
    assert_eq!(closes.take(), [CloseReason::Evicted]);
    let (_feed, response) = adopted();
    let newest = tokio::spawn(async move { send(&layer, ada(), response).await.status() });
    assert_eq!(text(new).await, EVICTED);
    assert_eq!(newest.await.unwrap(), 200);
}

#[tokio::test(start_paused = true)]
async fn evicts_at_once_for_a_stream_that_nobody_expected() {
    let layer = one_each();
    let (_old_feed, response) = adopted();
    let mut old = send(&layer, ada(), response).await.into_body();
    assert!(is_silent(&mut old));
    let (_feed, response) = adopted();
    let request = any().method("POST").header("user", "ada");
    let start = Instant::now();
    assert_eq!(send(&layer, request, response).await.status(), 200);
    assert_eq!(start.elapsed(), Duration::ZERO);
    assert_eq!(text(old).await, EVICTED);
}

#[tokio::test(start_paused = true)]
async fn gives_a_one_shot_stream_its_final_event() {
    let events = FinalEvents::new().eviction(Event::new("elsewhere"));
    let layer = one_each().final_events(events);
    let post = || any().method("POST").header("user", "ada");
    let (_old_feed, response) = adopted();
    let old = send(&layer, post(), response).await.into_body();
    let (_feed, response) = adopted();
    let _new = send(&layer, post(), response).await;
    assert_eq!(text(old).await, "data: elsewhere\n\n");
}

#[tokio::test(start_paused = true)]
async fn evicts_nobody_for_a_response_that_is_no_stream() {
    let layer = one_each();
    let (_feed, response) = adopted();
    let mut open = send(&layer, ada(), response).await.into_body();
    assert!(is_silent(&mut open));
    for response in [
        tower_sse::stop_reconnecting(),
        Response::new(String::from("page")),
    ] {
        send(&layer, ada(), response).await;
        assert!(is_silent(&mut open));
    }
}

#[tokio::test(start_paused = true)]
async fn makes_room_in_every_limit_of_the_layer() {
    let policy = tower_sse::RejectPolicy::with_status(http::StatusCode::TOO_MANY_REQUESTS);
    let layer = one_each().max_streams(2, policy);
    let (_old_feed, response) = adopted();
    let old = send(&layer, ada(), response).await.into_body();
    let (_bob_feed, response) = adopted();
    let bob = || get().header("user", "bob");
    let mut bobs = send(&layer, bob(), response).await.into_body();
    assert!(is_silent(&mut bobs));

    let (_feed, response) = adopted();
    let new = send(&layer, ada(), response).await;
    assert_eq!(new.status(), 200, "the old stream's place is hers");
    assert_eq!(text(old).await, EVICTED);
    let (_feed, response) = adopted();
    let carol = get().header("user", "carol");
    assert_eq!(send(&layer, carol, response).await.status(), 429);
    drop((new, bobs));
    for user in ["carol", "dora"] {
        let (feed, response) = adopted();
        let request = get().header("user", user);
        assert_eq!(send(&layer, request, response).await.status(), 200);
        drop(feed);
    }
}

#[tokio::test(start_paused = true)]
async fn rejects_where_there_is_no_place() {
    let policy = LimitPolicy::evict_oldest();
    let layer = bare().max_streams(0, policy);
    let (_feed, response) = adopted();
    let rejected = send(&layer, get().method("POST"), response).await;
    assert_eq!(rejected.status(), 503);
}
