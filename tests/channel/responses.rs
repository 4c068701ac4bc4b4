//! The errors of channels as axum's responses.

use axum::response::IntoResponse;
use http::{HeaderMap, StatusCode};
use http_body_util::BodyExt;
use tower_sse::{
    BoxError, Channel, ChannelError, Event, PublishError, StateChannel, SubscribersError,
    store::{StoreError, StoreErrorKind},
};

use crate::{
    hub::{channel_in, hub},
    support::*,
};

async fn response(error: impl IntoResponse) -> (StatusCode, HeaderMap, String) {
    let (parts, body) = error.into_response().into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let body = String::from_utf8(body.to_vec()).unwrap();
    (parts.status, parts.headers, body)
}

#[tokio::test]
async fn say_whose_fault_it_is() {
    let channel = Channel::new(holding(1).max_bytes(32));
    let too_large = channel.publish(Event::new("x".repeat(32))).unwrap_err();
    let too_many = channel.publish_all(["one", "two"].map(Event::new));
    let state = StateChannel::new((), options());
    let before = state.update(|()| Err::<Event, BoxError>("secret".into()));
    channel.close();
    let closed = channel.publish(Event::new("one"));
    let errors: [PublishError; 4] = [
        too_large,
        too_many.unwrap_err(),
        before.unwrap_err(),
        closed.unwrap_err(),
    ];
    let expected = [413, 413, 500, 503];
    for (error, expected) in errors.into_iter().zip(expected) {
        let text = error.to_string();
        let is_before = matches!(error, PublishError::Before(_));
        let (status, _, body) = response(error).await;
        assert_eq!(status, expected, "{text}");
        // The cause is none of the client's business.
        assert_eq!(text.strip_suffix(": secret").is_some(), is_before);
        assert_eq!(body, text.strip_suffix(": secret").unwrap_or(&text));
    }
}

#[tokio::test]
async fn say_when_there_may_be_room_for_a_channel() {
    let hub = hub(1);
    let _held = channel_in(&hub, "a");
    let error = hub.channel::<Event>("b").unwrap_err();
    let (status, headers, body) = response(error).await;
    assert_eq!(status, 503);
    assert_eq!(headers["retry-after"], "10");
    assert_eq!(body, "the hub has 1 channels already");
}

#[tokio::test]
async fn say_that_no_channel_can_have_the_name() {
    let hub = hub(1);
    let expected = [
        ("".to_owned(), "the name is empty"),
        (
            "x".repeat(256),
            "the name has 256 bytes, which is more than 255",
        ),
        (
            "a\nb".to_owned(),
            "the name has a control character at byte 1",
        ),
    ];
    for (name, text) in expected {
        let error = hub.channel::<Event>(&name).unwrap_err();
        let published = PublishError::Channel(error.clone());
        for (status, _, body) in [response(error).await, response(published).await] {
            assert_eq!((status, &*body), (StatusCode::BAD_REQUEST, text));
        }
    }
}

#[tokio::test]
async fn say_why_subscriptions_do_not_change() {
    let of_store = |kind| SubscribersError::Store(StoreError::with_source(kind, "secret"));
    let errors = [
        SubscribersError::Channel(ChannelError::Reserved),
        of_store(StoreErrorKind::Unavailable),
        of_store(StoreErrorKind::Unknown),
        of_store(StoreErrorKind::Refused),
    ];
    let expected = [
        (400, "the name is reserved"),
        (503, "the subscriptions do not change"),
        (503, "the subscriptions may or may not change"),
        (500, "the subscriptions do not change"),
    ];
    for (error, expected) in errors.into_iter().zip(expected) {
        let (status, _, body) = response(error).await;
        assert_eq!((status.as_u16(), body.as_str()), expected);
    }
}
