//! What a channel says by itself, and to which client.

use futures::{FutureExt, Stream, StreamExt};
use http::{Request, header::ACCEPT};
use http_body_util::BodyExt;
use hyper_util::rt::TokioTimer;
use tower::{Layer, ServiceExt, service_fn};
use tower_sse::{
    Channel, ChannelOptions, Event, EventItem, EventStream, GapPolicy, LagPolicy, NoticePolicy,
    Subscription,
};

use crate::{served::silent, support::*};

/// Options as users have them, without a policy of this test's.
fn plain() -> ChannelOptions {
    ChannelOptions::with_timer(TokioTimer::new())
}

fn two_events() -> ChannelOptions {
    plain().max_events(std::num::NonZeroUsize::new(2).unwrap())
}

/// A request as a browser's `EventSource` makes it.
fn event_source(method: &str) -> Request<()> {
    let request = Request::builder().method(method);
    request
        .header(ACCEPT, "text/event-stream")
        .body(())
        .unwrap()
}

/// Returns what the client of a request gets of a stream that goes on, behind the layer.
fn served<S>(request: Request<()>, stream: S) -> String
where
    S: Stream + Send + 'static,
    S::Item: EventItem,
{
    let mut response = Some(http::Response::from(EventStream::new(stream.boxed())));
    let service = silent(TokioTimer::new()).layer(service_fn(move |_| {
        let response = response.take().unwrap();
        async { Ok::<_, std::convert::Infallible>(response) }
    }));
    let mut body = service
        .oneshot(request)
        .now_or_never()
        .unwrap()
        .unwrap()
        .into_body();
    let mut bytes = Vec::new();
    while let Some(Some(frame)) = body.frame().now_or_never() {
        bytes.extend(frame.unwrap().into_data().unwrap());
    }
    String::from_utf8(bytes).unwrap()
}

fn checkpoint(channel: &Channel) -> [String; 3] {
    let id = channel.last_id();
    let event = format!("event: checkpoint\ndata: \nid: {id}\n\n");
    [event, format!("id: {id}\n\n"), String::new()]
}

/// A channel that holds `four` and `five`, a client that has `one`, and what is said of the gap.
fn after_a_gap(options: ChannelOptions) -> (Channel, Subscription, [String; 3]) {
    let channel = Channel::new(options);
    let ids = publish_numbers(&channel, 1..=5);
    let subscription = resume(&channel, &ids[0]);
    let event = format!("event: gap\ndata: {}\nid: {}\n\n", ids[3], ids[2]);
    let events = format!("data: 4\nid: {}\n\ndata: 5\nid: {}\n\n", ids[3], ids[4]);
    let said = [event, format!("id: {}\n\n", ids[2]), String::new()];
    (channel, subscription, said.map(|said| said + &events))
}

/// A subscriber of the same channel that has lagged, and what it gets in each form.
fn after_a_lag(options: ChannelOptions) -> (Channel, Subscription, [String; 3]) {
    let channel = Channel::new(options.lag_policy(LagPolicy::notify()));
    let subscription = channel.subscribe();
    let ids = publish_numbers(&channel, 1..=5);
    let events = format!("data: 4\nid: {}\n\ndata: 5\nid: {}\n\n", ids[3], ids[4]);
    let said = ["event: lagged\ndata: 3\n\n", "", ""];
    (
        channel,
        subscription,
        said.map(|said| said.to_owned() + &events),
    )
}

#[test]
fn are_named_events_for_clients_that_name_event_streams_in_a_get_or_query() {
    for method in ["GET", "QUERY"] {
        let channel: Channel = Channel::new(plain());
        let [event, ..] = checkpoint(&channel);
        assert_eq!(served(event_source(method), channel.resume(None)), event);
        let (_channel, subscription, [event, ..]) = after_a_gap(two_events());
        assert_eq!(served(event_source(method), subscription), event);
        let (_channel, subscription, [event, ..]) = after_a_lag(two_events());
        assert_eq!(served(event_source(method), subscription), event);
    }
}

#[test]
fn are_nothing_for_all_other_clients() {
    for request in [Request::new(()), event_source("POST")] {
        let again = || {
            let mut again = Request::builder().method(request.method());
            *again.headers_mut().unwrap() = request.headers().clone();
            again.body(()).unwrap()
        };
        let channel: Channel = Channel::new(plain());
        assert_eq!(served(again(), channel.resume(None)), "");
        let (_channel, subscription, [.., events]) = after_a_gap(two_events());
        assert_eq!(served(again(), subscription), events);
        let (_channel, subscription, [.., events]) = after_a_lag(two_events());
        assert_eq!(served(again(), subscription), events);
    }
}

#[test]
fn are_nothing_without_a_layer() {
    let channel: Channel = Channel::new(plain());
    assert_eq!(wire(&mut channel.resume(None)), "");
    assert_eq!(wire(&mut channel.replay()), "");
}

#[test]
fn have_the_form_of_the_channel_or_of_the_subscription() {
    let policies = [
        NoticePolicy::event(),
        NoticePolicy::id(),
        NoticePolicy::silent(),
    ];
    for (form, policy) in policies.into_iter().enumerate() {
        for make in [after_a_gap, after_a_lag] {
            let (_channel, mut by_channel, said) = make(two_events().notice_policy(policy));
            assert_eq!(wire(&mut by_channel), said[form]);
            let (_channel, subscription, said) =
                make(two_events().notice_policy(NoticePolicy::event()));
            assert_eq!(wire(&mut subscription.notice_policy(policy)), said[form]);
        }
        let channel = Channel::new(plain().notice_policy(policy));
        let said = checkpoint(&channel);
        assert_eq!(wire(&mut channel.resume(None)), said[form]);
    }
}

#[test]
fn are_not_dropped_by_a_filter() {
    use futures::future::ready;
    let (_channel, subscription, [event, ..]) = after_a_gap(two_events());
    let nothing = subscription.filter(|_| ready(false));
    let gap = event.split_inclusive("\n\n").next().unwrap();
    assert_eq!(served(event_source("GET"), nothing), gap);
}

#[test]
fn leave_the_id_to_an_event_of_the_users_that_follows() {
    let channel = Channel::new(two_events().notice_policy(NoticePolicy::event()));
    let ids = publish_numbers(&channel, 1..=5);
    let hello = || Event::new("hello");
    let mut first_visit = channel.resume(None).start_with(hello());
    assert_eq!(
        wire(&mut first_visit),
        format!("data: hello\nid: {}\n\n", ids[4])
    );
    let mut subscription = resume(&channel, &ids[0]).start_with(hello());
    let expected = format!(
        "event: gap\ndata: {}\n\ndata: hello\nid: {}\n\ndata: 4\nid: {}\n\ndata: 5\nid: {}\n\n",
        ids[3], ids[2], ids[3], ids[4]
    );
    assert_eq!(wire(&mut subscription), expected);
}

#[test]
fn of_a_lag_that_the_user_makes_are_for_all() {
    let lag = LagPolicy::notify_with(|missed| Event::new(format!("-{missed}")));
    let channel = Channel::new(
        two_events()
            .lag_policy(lag)
            .notice_policy(NoticePolicy::silent()),
    );
    let mut subscription = channel.subscribe();
    publish_numbers(&channel, 1..=3);
    assert_eq!(texts(&mut subscription), ["-1", "2", "3"]);
}

#[test]
fn a_gap_is_there_for_a_header_of_the_response() {
    let channel = Channel::new(two_events());
    let ids = publish_numbers(&channel, 1..=5);
    let gap = resume(&channel, &ids[0]).gaps()[0].clone();
    assert_eq!((gap.is_known, gap.oldest.as_ref()), (true, Some(&ids[3])));
    assert_eq!(gap.last_event_id, ids[0]);
    assert_eq!(resume(&channel, &ids[3]).gaps(), []);
    assert_eq!(channel.resume(None).gaps(), []);
    assert!(!resume(&channel, "zzzzzz-1").gaps()[0].is_known);
}

#[test]
fn a_gap_is_there_for_a_header_though_the_stream_says_nothing() {
    let channel = Channel::new(
        two_events()
            .gap_policy(GapPolicy::live())
            .notice_policy(NoticePolicy::id()),
    );
    let ids = publish_numbers(&channel, 1..=5);
    let mut subscription = resume(&channel, &ids[0]);
    assert!(!subscription.gaps().is_empty());
    assert_eq!(wire(&mut subscription), format!("id: {}\n\n", ids[4]));
    assert!(subscription.gaps().is_empty());
}
