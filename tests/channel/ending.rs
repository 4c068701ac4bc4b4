use std::convert::Infallible;

use http::Request;
use http_body_util::BodyExt;
use hyper_util::rt::TokioTimer;
use tower::{Layer, ServiceExt, service_fn};
use tower_sse::{Channel, EventStream, Lifetime};

use crate::{served::silent, support::*};

#[test]
fn closing_lets_subscribers_read_what_is_left() {
    let channel = channel();
    let mut subscriber = channel.subscribe();
    publish_numbers(&channel, 1..=2);
    assert!(!channel.is_closed());
    channel.close();
    assert!(channel.is_closed());
    assert_eq!(texts(&mut subscriber), ["1", "2"]);
    assert!(is_ended(&mut subscriber));
    assert!(is_ended(&mut subscriber), "what has ended stays so");
}

#[test]
fn closing_twice_is_closing_once() {
    let channel = channel();
    let mut subscriber = channel.subscribe();
    channel.close();
    channel.clone().close();
    assert!(is_ended(&mut subscriber));
}

#[test]
fn subscribing_to_what_is_closed_ends() {
    let channel = channel();
    let one = publish(&channel, "1");
    channel.close();
    assert!(is_ended(&mut channel.subscribe()));
    let mut replay = channel.replay();
    assert_eq!(seen(&mut replay), [event("1", &one)]);
    assert!(is_ended(&mut replay));
    assert_eq!(channel.subscribers(), 0);
}

#[test]
fn dropping_the_last_clone_closes() {
    let channel = channel();
    let clone = channel.clone();
    let mut subscriber = channel.subscribe();
    drop(channel);
    publish(&clone, "1");
    assert_eq!(texts(&mut subscriber), ["1"]);
    assert!(is_waiting(&mut subscriber));
    publish(&clone, "2");
    drop(clone);
    assert_eq!(texts(&mut subscriber), ["2"]);
    assert!(is_ended(&mut subscriber));
}

#[test]
fn a_subscriber_outlives_the_channel_it_was_too_slow_for() {
    let channel = Channel::new(holding(2));
    let mut subscriber = channel.subscribe();
    publish_numbers(&channel, 1..=3);
    drop(channel);
    assert!(has_lagged(&mut subscriber));
    assert!(is_ended(&mut subscriber), "what has ended stays so");
}

#[tokio::test(start_paused = true)]
async fn a_stream_whose_time_is_over_ends_cleanly_for_clients_that_can_repeat_the_request() {
    for (method, is_clean) in [("GET", true), ("QUERY", true), ("POST", false)] {
        let channel = channel();
        let lifetime = Lifetime::new(SECOND);
        let layer = silent(TokioTimer::new()).max_lifetime(lifetime);
        let service = service_fn(|_: Request<()>| {
            let stream = EventStream::new(channel.subscribe());
            async { Ok::<_, Infallible>(stream) }
        });
        let request = Request::builder().method(method).body(()).unwrap();
        let response = layer.layer(service).oneshot(request).await.unwrap();
        let collected = response.into_body().collect().await;
        assert_eq!(collected.is_ok(), is_clean, "{method}");
    }
}

#[test]
fn debug_tells_of_subscribers() {
    let channel = channel();
    let subscriber = channel.subscribe();
    let texts = [
        format!("{channel:?}"),
        format!("{subscriber:?}"),
        format!("{:?}", tower_sse::StateChannel::<_>::new((), options())),
    ];
    assert_eq!(
        texts,
        [
            "Channel { subscribers: 1, .. }",
            "Subscription { next: 1, end: None, .. }",
            "StateChannel { channel: Channel { subscribers: 0, .. }, .. }",
        ]
    );
}
