use futures::{StreamExt, future::ready, stream};
use hyper_util::rt::TokioTimer;
use tokio::time::advance;
use tower_sse::{
    BoxError, Channel, ChannelEvent, CloseReason, Event, EventStream, LagPolicy, Subscription,
};

use crate::{
    served::{Served, silent},
    support::*,
};

fn serve<S>(stream: EventStream<S>) -> Served
where
    S: futures::Stream + Send + 'static,
    S::Item: tower_sse::EventItem,
{
    Served::new(silent(TokioTimer::new()), stream)
}

/// A subscriber that has fallen off a log of two events by three.
fn lagging(lag: LagPolicy) -> (Channel, Subscription) {
    let channel = Channel::new(holding(2).lag_policy(lag));
    let subscriber = channel.subscribe();
    publish_numbers(&channel, 1..=5);
    (channel, subscriber)
}

#[test]
fn report_a_lag() {
    let (_channel, subscriber) = lagging(LagPolicy::disconnect());
    assert_eq!(
        serve(EventStream::new(subscriber)).ends(),
        CloseReason::Lagged
    );
}

#[test]
fn report_a_lag_after_events() {
    let channel = Channel::new(holding(2));
    let mut served = serve(EventStream::new(channel.subscribe()));
    publish_numbers(&channel, 1..=2);
    assert_eq!(served.read().0.len(), 2);
    publish_numbers(&channel, 3..=5);
    assert_eq!(served.read(), (vec![], true));
    let summary = served.leave();
    assert_eq!(summary.reason, CloseReason::Lagged);
    assert_eq!(summary.events, Some(2));
    assert_eq!(summary.missed, 0, "its stream has ended for it");
}

#[test]
fn report_a_lag_through_boxes_and_adapters() {
    let serves: [fn(Subscription) -> Served; 8] = [
        |stream| serve(EventStream::new(stream.boxed())),
        |stream| serve(EventStream::new(stream).into_boxed()),
        |stream| {
            let boxed = EventStream::new(stream).into_boxed();
            serve(boxed.into_boxed().final_event(Event::close()))
        },
        |stream| serve(EventStream::new(stream).frame_size(0)),
        |stream| serve(EventStream::new(stream.take_while(|_| ready(true)))),
        |stream| serve(EventStream::new(stream.map(Ok::<_, BoxError>))),
        |stream| serve(EventStream::new(stream.map(Box::new).fuse())),
        |stream| {
            let other = stream::empty::<ChannelEvent>();
            serve(EventStream::new(stream::select(stream, other)))
        },
    ];
    for serve in serves {
        let (_channel, subscriber) = lagging(LagPolicy::disconnect());
        assert_eq!(serve(subscriber).ends(), CloseReason::Lagged);
    }
}

#[test]
fn report_a_lag_though_what_it_was_merged_with_goes_on() {
    let (_channel, subscriber) = lagging(LagPolicy::disconnect());
    let other = channel();
    let merged = stream::select(subscriber, other.subscribe());
    let served = serve(EventStream::new(merged));
    publish(&other, "other");
    assert_eq!(served.ends(), CloseReason::Lagged);
}

#[test]
fn report_completion_when_the_channel_is_closed() {
    let channel = channel();
    let served = serve(EventStream::new(channel.subscribe()));
    publish(&channel, "one");
    drop(channel);
    assert_eq!(served.ends(), CloseReason::Completed);
}

#[test]
fn report_a_client_that_left_in_time() {
    let (_channel, subscriber) = lagging(LagPolicy::disconnect());
    let served = serve(EventStream::new(subscriber));
    assert_eq!(served.leave().reason, CloseReason::ClientGone);
}

#[test]
fn count_what_was_missed() {
    for lag in [LagPolicy::notify(), LagPolicy::newest()] {
        let (channel, subscriber) = lagging(lag);
        let mut served = serve(EventStream::new(subscriber.boxed()).into_boxed());
        let (seen, _) = served.read();
        // A notice and two events, or the newest alone.
        let missed = 5 - seen.iter().filter(|[name, ..]| name == "message").count() as u64;
        publish_numbers(&channel, 6..=6);
        served.read();
        channel.close();
        assert!(served.read().1);
        let summary = served.leave();
        assert_eq!(summary.reason, CloseReason::Completed);
        assert_eq!(summary.events, Some(seen.len() as u64 + 1));
        assert_eq!(summary.missed, missed);
    }
}

#[test]
fn count_what_was_missed_again_and_again() {
    let (channel, subscriber) = lagging(LagPolicy::notify());
    let mut served = serve(EventStream::new(subscriber));
    served.read();
    publish_numbers(&channel, 6..=9);
    served.read();
    let summary = served.leave();
    assert_eq!(summary.reason, CloseReason::ClientGone);
    assert_eq!(summary.missed, 3 + 2);
}

#[test]
fn count_no_gap_as_missed() {
    let channel = Channel::new(holding(2));
    let ids = publish_numbers(&channel, 1..=5);
    let mut served = serve(EventStream::new(resume(&channel, &ids[0])));
    assert_eq!(served.read().0.len(), 3);
    let summary = served.leave();
    assert_eq!((summary.events, summary.missed), (Some(3), 0));
}

#[tokio::test(start_paused = true)]
async fn count_what_was_missed_though_nothing_follows() {
    let channel = Channel::new(options().max_age(SECOND).lag_policy(LagPolicy::newest()));
    let mut served = serve(EventStream::new(channel.subscribe()));
    publish_numbers(&channel, 1..=5);
    advance(2 * SECOND).await;
    drop(channel.subscribe());
    served.read();
    channel.close();
    assert!(served.read().1);
    assert_eq!(served.leave().missed, 5);
}

#[test]
fn a_closing_event_follows_the_last_of_a_channel_that_is_closed() {
    let channel = channel();
    let stream = EventStream::new(channel.subscribe()).final_event(Event::close());
    let mut served = serve(stream);
    channel.close();
    let (seen, is_ended) = served.read();
    assert_eq!(seen[0][0], "close");
    assert!(is_ended);
}

#[test]
fn a_closing_event_does_not_follow_a_lag() {
    let (_channel, lagging) = lagging(LagPolicy::disconnect());
    let stream = EventStream::new(lagging).final_event(Event::close());
    let (seen, is_ended) = serve(stream).read();
    assert!(is_ended);
    assert_eq!(seen, [[""; 3]; 0]);
}

#[test]
fn a_lag_is_the_end_of_a_stream_that_would_go_on() {
    let (_channel, subscriber) = lagging(LagPolicy::disconnect());
    let channel = channel();
    let chained = subscriber.chain(channel.subscribe());
    let served = serve(EventStream::new(chained));
    publish(&channel, "one");
    assert_eq!(served.ends(), CloseReason::Lagged);
}
