//! Open streams are listed, counted and ended from outside.

use tokio::time::advance;
use tower::{Layer, ServiceExt, service_fn};
use tower_sse::{
    CloseReason, Event, EventStream, FinalEvents, OpenStreams, RevokePolicy, SseLayer, SseOptions,
};

use crate::{closing::Closes, support::*};

const REVOKED: &str =
    "event: tower-sse.revoked\nid: tower-sse.revoked\nretry: 2147483647\ndata: \n\n";

fn kept() -> (OpenStreams, SseLayer) {
    let streams = OpenStreams::new();
    let layer = bare()
        .open_streams(&streams)
        .label("path", |head| Some(head.uri().path().to_owned()))
        .tag("user", |head| {
            Some(head.headers().get("user")?.to_str().ok()?.to_owned())
        });
    (streams, layer)
}

fn user(name: &str) -> http::request::Builder {
    get().header("user", name)
}

#[tokio::test(start_paused = true)]
async fn lists_and_counts_what_is_open() {
    let (streams, layer) = kept();
    let (feed, response) = adopted();
    let mut ada = send(&layer, user("ada"), response).await.into_body();
    feed.data("data: x\n\n");
    next(&mut ada).await;
    advance(3 * SECOND).await;
    let events = EventStream::new(futures::stream::iter(["y", "z"])).frame_size(0);
    let mut response = http::Response::from(events);
    let own = SseOptions::new().label("path", "own").tag("room", "7");
    response.extensions_mut().insert(own);
    let mut bob = send(&layer, user("bob"), response).await.into_body();
    next(&mut bob).await;

    let [first, second] = &streams.list()[..] else {
        panic!("two are open");
    };
    assert_eq!(
        (first.age, first.events, first.bytes),
        (3 * SECOND, None, 9)
    );
    assert_eq!(first.labels.get("path"), Some("/"));
    assert_eq!(first.tags.get("user"), Some("ada"));
    assert_eq!((second.events, second.bytes), (Some(1), 9));
    assert_eq!(second.labels.get("path"), Some("own"));
    assert_eq!(second.tags.to_string(), "user=bob,room=7");
    let counts = streams.count_by_label("path");
    assert_eq!((counts["/"], counts["own"]), (1, 1));

    drop(ada);
    assert_eq!(streams.count(), 1);
    text(bob).await;
    assert_eq!(streams.count(), 0);
}

#[tokio::test(start_paused = true)]
async fn ends_the_streams_that_match_and_no_other() {
    let (streams, layer) = kept();
    let closes = Closes::default();
    let layer = closes.watch(layer);
    let (_feed, response) = adopted();
    let mut ada = send(&layer, user("ada"), response).await.into_body();
    let (_feed, response) = adopted();
    let mut bob = send(&layer, user("bob"), response).await.into_body();
    assert!(is_silent(&mut ada) && is_silent(&mut bob));
    let read = tokio::spawn(text(ada));
    tokio::task::yield_now().await;
    let is_ada = |stream: &tower_sse::OpenStream| stream.tags.get("user") == Some("ada");
    assert_eq!(streams.revoke(RevokePolicy::stop_reconnecting(), is_ada), 1);
    assert_eq!(read.await.unwrap(), REVOKED);
    assert_eq!(closes.take(), [CloseReason::Revoked]);
    assert_eq!(streams.revoke(RevokePolicy::stop_reconnecting(), is_ada), 0);
    assert!(is_silent(&mut bob));
    assert_eq!(streams.revoke(RevokePolicy::reconnect(), |_| true), 1);
    assert_eq!(text(bob).await, "");

    let again = user("ada").header("last-event-id", "tower-sse.revoked");
    let (feed, response) = adopted();
    assert_eq!(send(&layer, again, response).await.status(), 204);
    assert!(feed.is_dropped());
}

#[tokio::test(start_paused = true)]
async fn says_last_what_the_policy_or_the_layer_says() {
    let (streams, layer) = kept();
    let events = FinalEvents::new().revocation(Event::new("of the layer"));
    let layer = layer.final_events(events);
    let post = || any().method("POST");
    for (policy, last) in [
        (RevokePolicy::stop_reconnecting(), "data: of the layer\n\n"),
        (
            RevokePolicy::reconnect().final_event(Event::new("of the policy")),
            "data: of the policy\n\n",
        ),
    ] {
        let (_feed, response) = adopted();
        let body = send(&layer, post(), response).await.into_body();
        assert_eq!(streams.revoke(policy, |_| true), 1);
        assert_eq!(text(body).await, last);
    }
}

#[tokio::test(start_paused = true)]
async fn breaks_a_one_shot_stream_that_has_no_final_event() {
    let (streams, layer) = kept();
    let (_feed, response) = adopted();
    let mut body = send(&layer, any(), response).await.into_body();
    assert!(is_silent(&mut body));
    streams.revoke(RevokePolicy::stop_reconnecting(), |_| true);
    let error = http_body_util::BodyExt::frame(&mut body).await.unwrap();
    let reason = error.unwrap_err().close_reason();
    assert_eq!(reason, Some(CloseReason::Revoked));
}

#[tokio::test(start_paused = true)]
async fn knows_a_stream_once_through_nested_layers() {
    let (streams, inner) = kept();
    let outer = bare().open_streams(&streams);
    let (_feed, response) = adopted();
    let mut response = Some(response);
    let service = inner.layer(service_fn(move |_: http::Request<()>| {
        let response = response.take().unwrap();
        async { Ok::<_, std::convert::Infallible>(response) }
    }));
    let boxed =
        service.map_response(|response| response.map(http_body_util::BodyExt::boxed_unsync));
    let body = call(outer.layer(boxed), user("ada")).await.into_body();
    assert_eq!(streams.count(), 1);
    assert_eq!(
        streams.revoke(RevokePolicy::stop_reconnecting(), |_| true),
        1
    );
    assert_eq!(text(body).await, REVOKED);
    assert_eq!(streams.count(), 0);
}

#[tokio::test(start_paused = true)]
async fn may_use_the_handle_within_the_closure() {
    let (streams, layer) = kept();
    let (_feed, response) = adopted();
    let _body = send(&layer, get(), response).await;
    let ended = streams.revoke(RevokePolicy::stop_reconnecting(), |_| streams.count() == 1);
    assert_eq!(ended, 1);
}
