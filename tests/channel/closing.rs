//! The event that asks a client to close.

use futures::StreamExt;
use http_body_util::BodyExt;
use std::num::NonZeroUsize;
use tower_sse::{Channel, ChannelOptions, Event, EventStream};

fn channel() -> Channel {
    let options = ChannelOptions::with_timer(hyper_util::rt::TokioTimer::new());
    Channel::new(options.max_events(NonZeroUsize::MIN))
}

async fn text(stream: EventStream<tower_sse::Subscription>) -> String {
    let body = stream.final_event(Event::close()).collect().await.unwrap();
    String::from_utf8(body.to_bytes().to_vec()).unwrap()
}

#[tokio::test]
async fn is_sent_when_the_channel_is_closed() {
    let channel = channel();
    let stream = EventStream::new(channel.subscribe());
    channel.close();
    assert_eq!(text(stream).await, "event: close\ndata: \n\n");
}

#[tokio::test]
async fn is_not_sent_after_a_lag() {
    let channel = channel();
    let stream = EventStream::new(channel.subscribe());
    for word in ["one", "two"] {
        channel.publish(Event::new(word)).unwrap();
    }
    assert_eq!(text(stream).await, "");
    let newest = channel.replay().take(1).collect::<Vec<_>>().await;
    assert_eq!(newest.len(), 1);
}
