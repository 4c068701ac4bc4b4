//! What stands between a subscription and its stream, and what it cannot hide.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use futures::{
    Stream, StreamExt,
    future::ready,
    stream::{self, FuturesUnordered},
};
use hyper_util::rt::TokioTimer;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tower_sse::{
    BoxError, Channel, ChannelEvent, CloseReason, EncodeEvent, EncodedEvent, Encoder, Event,
    EventStream, LagPolicy, StreamSummary, Subscription,
};

use crate::{
    served::{Served, silent},
    support::*,
};

/// Several events as one item.
struct Batch(Vec<ChannelEvent>);

impl EncodeEvent for Batch {
    fn encode(&self, encoder: &mut Encoder) -> Result<(), BoxError> {
        self.0.iter().try_for_each(|event| event.encode(encoder))
    }
}

type Around = fn(Subscription) -> Pin<Box<dyn Stream<Item = EncodedEvent> + Send>>;

/// Everything that may stand between, made to one type.
const AROUND: [Around; 8] = [
    |stream| stream.map(EncodedEvent::from).boxed(),
    |stream| {
        stream
            .filter(|_| ready(false))
            .map(EncodedEvent::from)
            .boxed()
    },
    |stream| {
        let batches = stream.ready_chunks(10).map(Batch);
        batches
            .map(|batch| EncodedEvent::new(&batch).unwrap())
            .boxed()
    },
    |stream| {
        stream::select(stream, stream::pending())
            .map(EncodedEvent::from)
            .boxed()
    },
    |stream| {
        stream
            .chain(stream::pending())
            .map(EncodedEvent::from)
            .boxed()
    },
    |stream| stream.peekable().fuse().map(EncodedEvent::from).boxed(),
    |stream| {
        stream
            .map(ready)
            .buffered(4)
            .map(EncodedEvent::from)
            .boxed()
    },
    |stream| {
        stream
            .flat_map(|event| stream::iter([event.clone(), event]))
            .map(EncodedEvent::from)
            .boxed()
    },
];

fn serve(stream: impl Stream<Item = EncodedEvent> + Send + 'static) -> Served {
    let stream = EventStream::new(stream).final_event(Event::close());
    Served::new(silent(TokioTimer::new()), stream)
}

/// Returns the names of what a subscriber of two events gets that lags by three, and the summary.
fn lagging(lag: LagPolicy, around: Around) -> (Vec<String>, StreamSummary) {
    let channel = Channel::new(holding(2).lag_policy(lag));
    let mut served = serve(around(channel.subscribe()));
    publish_numbers(&channel, 1..=5);
    let (seen, _) = served.read();
    let names = seen.into_iter().map(|[name, ..]| name).collect();
    (names, served.leave())
}

#[test]
fn do_not_hide_a_lag_nor_make_a_completion_of_it() {
    for around in AROUND {
        let (names, summary) = lagging(LagPolicy::disconnect(), around);
        assert_eq!(
            names, [""; 0],
            "the page gets no event that says that all is over"
        );
        assert_eq!(summary.reason, CloseReason::Lagged);
    }
}

#[test]
fn do_not_hide_what_was_missed() {
    for around in AROUND {
        let (names, summary) = lagging(LagPolicy::notify(), around);
        assert_eq!(names[0], "lagged");
        assert_eq!(summary.missed, 3);
        let (_, summary) = lagging(LagPolicy::newest(), around);
        assert_eq!(summary.missed, 4);
    }
}

#[test]
fn do_not_hide_events_before_the_lag() {
    let channel = Channel::new(holding(2));
    let batches = channel.subscribe().ready_chunks(10).map(Batch);
    let batches = batches.map(|batch| EncodedEvent::new(&batch).unwrap());
    let mut served = serve(batches);
    publish_numbers(&channel, 1..=2);
    assert_eq!(served.read().0.len(), 2);
    publish_numbers(&channel, 3..=5);
    assert_eq!(served.read(), (vec![], true));
    let summary = served.leave();
    assert_eq!(
        (summary.reason, summary.events),
        (CloseReason::Lagged, Some(2))
    );
}

/// A client that reads up to this event would take the half for the whole.
#[test]
fn what_is_chained_to_a_subscription_does_not_follow_a_lag() {
    let done =
        || stream::iter(["[DONE]", "after"].map(|text| EncodedEvent::from(Event::new(text))));
    let chained = |subscription: Subscription| subscription.map(EncodedEvent::from).chain(done());
    let channel = Channel::new(holding(2));
    let mut lagging = serve(chained(channel.subscribe()));
    publish_numbers(&channel, 1..=5);
    assert_eq!(lagging.read(), (vec![], true));
    assert_eq!(lagging.leave().reason, CloseReason::Lagged);

    let channel: Channel = Channel::new(options());
    let mut completed = serve(chained(channel.subscribe()));
    channel.close();
    let texts: Vec<_> = completed
        .read()
        .0
        .into_iter()
        .map(|[_, data, _]| data)
        .collect();
    assert_eq!(texts, ["[DONE]", "after", ""]);
}

/// Publishes two events while the batch is made, so that the lag is found in the middle of it.
#[test]
fn a_lag_in_the_middle_of_a_batch_is_reported_before_it_or_ends_before_it() {
    for (lag, expected, reason) in [
        (LagPolicy::disconnect(), &[][..], CloseReason::Lagged),
        (
            LagPolicy::notify(),
            &["1", "1", "3"],
            CloseReason::ClientGone,
        ),
    ] {
        let channel = Channel::new(holding(1).lag_policy(lag));
        publish(&channel, "1");
        let publisher = channel.clone();
        let mut more = Some(move || publish_numbers(&publisher, 2..=3));
        let subscription = channel.replay().inspect(move |_| {
            more.take().map(|publish| publish());
        });
        let mut served = serve(
            subscription
                .ready_chunks(10)
                .map(|batch| EncodedEvent::new(&Batch(batch)).unwrap()),
        );
        let texts: Vec<_> = served
            .read()
            .0
            .into_iter()
            .map(|[_, data, _]| data)
            .collect();
        assert_eq!(texts, expected);
        assert_eq!(served.leave().reason, reason);
    }
}

#[test]
fn events_are_counted_one_by_one_in_batches() {
    let channel = channel();
    let batches = channel.subscribe().ready_chunks(10).map(Batch);
    let mut served = Served::new(silent(TokioTimer::new()), EventStream::new(batches));
    publish_numbers(&channel, 1..=7);
    channel
        .publish(Event::default().comment("no event"))
        .unwrap();
    assert_eq!(served.read().0.len(), 7);
    assert_eq!(served.leave().events, Some(7));
}

#[test]
fn what_two_subscribers_have_missed_adds_up() {
    let channels = [(); 2].map(|()| Channel::new(holding(2).lag_policy(LagPolicy::newest())));
    let [left, right] = channels.each_ref().map(|channel| channel.subscribe());
    let mut served = serve(stream::select(left, right).map(EncodedEvent::from));
    for channel in &channels {
        publish_numbers(channel, 1..=5);
    }
    served.read();
    assert_eq!(served.leave().missed, 8);
}

#[test]
fn the_first_of_two_lags_is_the_reason_and_nothing_is_sent_after_it() {
    let lagging = Channel::new(holding(2));
    let other = channel();
    let both = FuturesUnordered::from_iter(
        [lagging.subscribe(), other.subscribe()].map(StreamExt::into_future),
    );
    let mut served = serve(
        both.filter_map(|(event, _)| ready(event))
            .map(EncodedEvent::from),
    );
    publish_numbers(&lagging, 1..=5);
    assert!(served.read().1);
    assert_eq!(served.leave().reason, CloseReason::Lagged);
}

/// A body of a stream in a stream: what the inner one reports is not the outer one's.
#[test]
fn a_stream_that_polls_another_body_keeps_its_own_reports() {
    use http_body::Body;
    let inner = Channel::new(holding(2));
    let outer = channel();
    let mut body = EventStream::new(inner.subscribe());
    let polling = stream::poll_fn(move |cx: &mut Context<'_>| {
        let polled = Pin::new(&mut body).poll_frame(cx);
        assert!(!matches!(polled, Poll::Ready(Some(_))));
        Poll::<Option<ChannelEvent>>::Pending
    });
    let mut served = serve(stream::select(polling, outer.subscribe()).map(EncodedEvent::from));
    publish_numbers(&inner, 1..=5);
    publish(&outer, "one");
    assert_eq!(served.read().0.len(), 1);
    assert_eq!(served.leave().reason, CloseReason::ClientGone);
}

/// Forwards all that a subscription yields, as a task of the user's does.
async fn forward(
    mut subscription: Subscription,
    to: mpsc::Sender<Result<ChannelEvent, BoxError>>,
) -> (Option<CloseReason>, u64) {
    while let Some(event) = subscription.next().await {
        to.send(Ok(event)).await.unwrap();
    }
    if subscription.close_reason() == Some(CloseReason::Lagged) {
        to.send(Err("lagged".into())).await.unwrap();
    }
    (subscription.close_reason(), subscription.missed())
}

#[tokio::test(start_paused = true)]
async fn a_subscription_that_is_polled_elsewhere_says_itself_why_it_ended() {
    for (lag, reason, missed, end) in [
        (
            LagPolicy::disconnect(),
            CloseReason::Lagged,
            0,
            CloseReason::Failed,
        ),
        (
            LagPolicy::notify(),
            CloseReason::Completed,
            3,
            CloseReason::Completed,
        ),
    ] {
        let channel = Channel::new(holding(2).lag_policy(lag));
        let subscription = channel.subscribe();
        assert_eq!(
            (subscription.close_reason(), subscription.missed()),
            (None, 0)
        );
        publish_numbers(&channel, 1..=5);
        drop(channel);
        let (to, from) = mpsc::channel(10);
        let forwarded = tokio::spawn(forward(subscription, to)).await.unwrap();
        assert_eq!(forwarded, (Some(reason), missed));
        let stream =
            EventStream::new(ReceiverStream::new(from)).error_event(|_| Event::new("failed"));
        let mut served = Served::new(silent(TokioTimer::new()), stream);
        let texts: Vec<_> = served
            .read()
            .0
            .into_iter()
            .map(|[_, data, _]| data)
            .collect();
        // A notice is an event there.
        let expected = match end {
            CloseReason::Failed => &["failed"][..],
            _ => &["3", "4", "5"],
        };
        assert_eq!(texts, expected);
        assert_eq!(served.leave().reason, end);
    }
}

/// What a poll that panics has not taken must not reach another client.
#[tokio::test(start_paused = true)]
async fn a_panic_in_the_middle_of_a_poll_leaves_nothing_for_another_stream() {
    let channel =
        Channel::new(holding(2).lag_policy(LagPolicy::notify_with(|_| Event::new("secret"))));
    let panicking = channel
        .subscribe()
        .map(|_| -> EncodedEvent { panic!("in a map") });
    let mut one = serve(panicking);
    let lagging = Channel::new(holding(2));
    let ended = stream::select(
        lagging.subscribe(),
        stream::poll_fn(|_| panic!("in a merge")),
    );
    let mut two = serve(ended.map(EncodedEvent::from));
    publish_numbers(&channel, 1..=5);
    publish_numbers(&lagging, 1..=5);
    assert!(one.fails().await);
    assert!(two.fails().await);
    let other = crate::support::channel();
    let mut served = serve(other.resume(None).map(EncodedEvent::from));
    let (seen, is_ended) = served.read();
    assert_eq!(seen, [named("checkpoint", "", other.last_id())]);
    assert!(!is_ended);
    assert_eq!(served.leave().missed, 0);
}

#[test]
fn a_lag_that_was_found_before_the_stream_polled_is_reported_later() {
    let channel = Channel::new(holding(2));
    let mut subscription = channel.subscribe();
    publish_numbers(&channel, 1..=5);
    // As a handler does that looks first.
    assert!(has_lagged(&mut subscription));
    let mut served = serve(subscription.map(EncodedEvent::from));
    assert_eq!(served.read(), (vec![], true));
    assert_eq!(served.leave().reason, CloseReason::Lagged);

    let channel = Channel::new(holding(2).lag_policy(LagPolicy::newest()));
    let mut subscription = channel.subscribe();
    publish_numbers(&channel, 1..=5);
    assert_eq!(parts(&next(&mut subscription).id().unwrap()).1, 5);
    let mut served = serve(subscription.map(EncodedEvent::from));
    served.read();
    publish_numbers(&channel, 6..=9);
    served.read();
    assert_eq!(served.leave().missed, 4 + 3);
}

#[test]
fn a_detached_subscription_leaves_its_lag_to_the_stream() {
    let channel = Channel::new(holding(2));
    let subscription = channel.subscribe().detached();
    publish_numbers(&channel, 1..=5);
    let follow = channel.clone();
    let resumed = stream::once(async move { follow.replay().detached() }).flatten();
    let mut served = serve(subscription.chain(resumed).map(EncodedEvent::from));
    let (seen, is_ended) = served.read();
    let texts: Vec<_> = seen.into_iter().map(|[_, data, _]| data).collect();
    assert_eq!(
        (&texts[..], is_ended),
        (&["4".to_owned(), "5".to_owned()][..], false)
    );
    let summary = served.leave();
    assert_eq!(
        (summary.reason, summary.missed),
        (CloseReason::ClientGone, 0)
    );
}
