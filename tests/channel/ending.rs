use std::convert::Infallible;

use futures::{Stream, StreamExt, stream};
use http::Request;
use http_body_util::BodyExt;
use hyper_util::rt::TokioTimer;
use tower::{Layer, ServiceExt, service_fn};
use tower_sse::{
    BoxEventStream, Channel, EncodedEvent, Event, EventItem, EventStream, Lifetime, Subscription,
};

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
    assert_eq!(channel.subscriber_count(), 0);
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
    let streams: [fn(Subscription) -> BoxEventStream; 2] = [
        |stream| EventStream::new(stream).into_boxed(),
        |stream| EventStream::new(stream).into_boxed().into_boxed(),
    ];
    for (method, is_clean) in [("GET", true), ("QUERY", true), ("POST", false)] {
        let channel = channel();
        let plain = EventStream::new(channel.subscribe());
        assert_eq!(ends_cleanly(method, plain).await, is_clean, "{method}");
        for boxed in streams {
            let boxed = boxed(channel.subscribe());
            assert_eq!(ends_cleanly(method, boxed).await, is_clean, "{method}");
        }
        let other = EventStream::new(stream::pending::<Event>()).into_boxed();
        assert!(!ends_cleanly(method, other).await);
    }
}

/// By its type such a stream is none of a channel's. What it has sent shows whether it can be resumed.
#[tokio::test(start_paused = true)]
async fn a_mapped_subscription_ends_cleanly_if_it_has_sent_an_id_of_the_channel() {
    let channel = channel();
    publish_numbers(&channel, 1..=2);
    let with_ids = channel.replay().map(EncodedEvent::from);
    assert!(ends_cleanly("GET", EventStream::new(with_ids)).await);
    let without_ids = || channel.replay().map(|_| Event::new("a token"));
    assert!(!ends_cleanly("GET", EventStream::new(without_ids())).await);
    let boxed = EventStream::new(without_ids()).into_boxed();
    assert!(!ends_cleanly("GET", boxed).await);
}

/// Asks for a stream without naming event streams, and returns `true` if it ends cleanly.
async fn ends_cleanly<S>(method: &str, stream: EventStream<S>) -> bool
where
    S: Stream<Item: EventItem>,
{
    let layer = silent(TokioTimer::new()).max_lifetime(Lifetime::new(SECOND));
    let mut stream = Some(stream);
    let service = service_fn(move |_: Request<()>| {
        let stream = stream.take().unwrap();
        async { Ok::<_, Infallible>(stream) }
    });
    let request = Request::builder().method(method).body(()).unwrap();
    let response = layer.layer(service).oneshot(request).await.unwrap();
    response.into_body().collect().await.is_ok()
}

#[test]
fn debug_shows_the_number_of_subscribers() {
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
            "Subscription { position: 0, close_reason: None, .. }",
            "StateChannel { channel: Channel { subscribers: 0, .. }, .. }",
        ]
    );
}
