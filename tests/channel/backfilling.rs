use std::{
    convert::Infallible,
    sync::{Arc, Mutex},
};

use futures::{StreamExt, channel::mpsc, stream};
use tower_sse::{
    BoxError, Channel, ChannelOptions, CloseReason, EncodeEvent, Encoder, Event, EventId,
    EventStream, Gap, GapPolicy,
};

use crate::{served::Served, support::*};

/// A store of all events, as users have it beside a channel.
#[derive(Clone, Default)]
struct Store(Arc<Mutex<Vec<(EventId, u64)>>>);

impl Store {
    fn publish(&self, channel: &Channel, numbers: impl IntoIterator<Item = u64>) {
        for number in numbers {
            let id = channel.publish(Event::new(number.to_string())).unwrap();
            self.0.lock().unwrap().push((id, number));
        }
    }

    /// Finds what came after one event and before another.
    fn between(&self, after: &EventId, before: Option<&EventId>) -> Vec<Event> {
        let stored = self.0.lock().unwrap();
        let place = |id: &EventId| stored.iter().position(|(known, _)| known == id);
        let start = place(after).map_or(0, |place| place + 1);
        let end = before.and_then(place).unwrap_or(stored.len());
        let found = stored[start..end].iter();
        found
            .map(|(id, number)| Event::new(number.to_string()).id(id.clone()))
            .collect()
    }

    fn backfill(&self) -> GapPolicy {
        let store = self.clone();
        GapPolicy::backfill(move |gap| {
            stream::iter(store.between(&gap.last_event_id, Some(&gap.until)))
        })
    }

    fn id(&self, number: u64) -> EventId {
        let stored = self.0.lock().unwrap();
        stored[number as usize - 1].0.clone()
    }
}

/// A channel that fills gaps by what somebody sends.
fn fed(options: ChannelOptions) -> (Channel, mpsc::UnboundedSender<Result<Event, BoxError>>) {
    let (sender, receiver) = mpsc::unbounded();
    let receiver = Mutex::new(Some(receiver));
    let gap_policy = GapPolicy::backfill(move |_| receiver.lock().unwrap().take().unwrap());
    (Channel::new(options.gap_policy(gap_policy)), sender)
}

/// An event that cannot be encoded.
struct Broken;

impl EncodeEvent for Broken {
    fn encode(&self, _: &mut Encoder) -> Result<(), BoxError> {
        Err("broken".into())
    }
}

fn served(channel: &Channel, id: &str) -> Served {
    let layer = crate::served::silent(hyper_util::rt::TokioTimer::new());
    Served::new(layer, EventStream::new(resume(channel, id)))
}

#[test]
fn loses_and_repeats_nothing() {
    let store = Store::default();
    let channel = Channel::new(holding(2).gap_policy(store.backfill()));
    store.publish(&channel, 1..=6);
    for have in 1..=6 {
        let mut subscriber = resume(&channel, store.id(have));
        let expected = (have + 1..=6).map(|number| {
            let id = store.id(number).to_string();
            ["message".to_owned(), number.to_string(), id]
        });
        assert_eq!(seen(&mut subscriber), expected.collect::<Vec<_>>());
        assert!(is_waiting(&mut subscriber));
    }
}

#[test]
fn loses_nothing_when_the_client_leaves_within_it() {
    let store = Store::default();
    let channel = Channel::new(holding(2).gap_policy(store.backfill()));
    store.publish(&channel, 1..=6);
    let (mut id, mut all) = (store.id(1).to_string(), Vec::new());
    while all.len() < 5 {
        let mut subscriber = resume(&channel, &id);
        let [_, data, last] = seen(&mut subscriber).swap_remove(0);
        all.push(data);
        id = last;
    }
    assert_eq!(all, ["2", "3", "4", "5", "6"]);
}

#[test]
fn misses_nothing_that_is_published_meanwhile() {
    let store = Store::default();
    store.publish(&channel(), 1..=3);
    let options = options().after(&store.id(3)).gap_policy(store.backfill());
    let channel = Channel::new(options);
    store.publish(&channel, 4..=5);
    let mut subscriber = resume(&channel, store.id(1));
    assert_eq!(next(&mut subscriber).id(), Some(store.id(2)));
    store.publish(&channel, 6..=7);
    assert_eq!(texts(&mut subscriber), ["3", "4", "5", "6", "7"]);
}

#[test]
fn loses_nothing_after_a_restart() {
    let store = Store::default();
    store.publish(&channel(), 1..=3);
    let options = options().after(&store.id(3)).gap_policy(store.backfill());
    let channel = Channel::new(options);
    let mut subscriber = resume(&channel, store.id(1));
    store.publish(&channel, 4..=4);
    assert_eq!(texts(&mut subscriber), ["2", "3", "4"]);
}

#[test]
fn misses_nothing_that_is_published_before_the_store_is_read() {
    let store = Store::default();
    store.publish(&channel(), 1..=3);
    let later = store.clone();
    let gap_policy = GapPolicy::backfill(move |gap| {
        let store = later.clone();
        // As a query of a database does, it reads when it is polled.
        let found = async move { store.between(&gap.last_event_id, Some(&gap.until)) };
        stream::once(found).flat_map(stream::iter)
    });
    let channel = Channel::new(options().after(&store.id(3)).gap_policy(gap_policy));
    let mut subscriber = resume(&channel, store.id(1));
    store.publish(&channel, 4..=4);
    assert_eq!(texts(&mut subscriber), ["2", "3", "4"]);
}

#[test]
fn is_sent_before_what_is_retained() {
    let (channel, backfill) = fed(options());
    publish_numbers(&channel, 1..=2);
    let mut subscriber = resume(&channel, "zzzzzz-1");
    assert!(is_waiting(&mut subscriber));
    backfill.unbounded_send(Ok(Event::new("filled"))).unwrap();
    assert_eq!(texts(&mut subscriber), ["filled"]);
    publish_numbers(&channel, 3..=3);
    assert!(is_waiting(&mut subscriber));
    drop(backfill);
    assert_eq!(texts(&mut subscriber), ["1", "2", "3"]);
}

#[test]
fn takes_any_event_or_result() {
    type Item = Result<&'static str, Infallible>;
    let gap_policy = GapPolicy::backfill(|_| stream::iter([Item::Ok("text")]));
    let channel = Channel::new(options().gap_policy(gap_policy));
    let mut subscriber = resume(&channel, "zzzzzz-1");
    assert_eq!(wire(&mut subscriber), "data: text\n\n");
}

#[test]
fn that_fails_ends_the_stream() {
    let (channel, backfill) = fed(options());
    publish_numbers(&channel, 1..=2);
    let mut served = served(&channel, "zzzzzz-1");
    backfill
        .unbounded_send(Ok(Event::new("filled").id(7)))
        .unwrap();
    backfill.unbounded_send(Err("no more".into())).unwrap();
    let (seen, is_ended) = served.read();
    assert_eq!(seen, [["message", "filled", "7"]]);
    assert!(is_ended);
    assert_eq!(channel.subscriber_count(), 0);
    let summary = served.leave();
    assert_eq!(summary.reason, CloseReason::Failed);
    assert_eq!((summary.events, summary.missed), (Some(1), 0));
}

#[test]
fn that_cannot_be_encoded_ends_the_stream() {
    let channel =
        Channel::new(options().gap_policy(GapPolicy::backfill(|_| stream::iter([Broken]))));
    assert_eq!(served(&channel, "zzzzzz-1").ends(), CloseReason::Failed);
}

#[test]
fn that_takes_longer_than_the_log_reaches_is_made_again() {
    let store = Store::default();
    let (asked, asks) = mpsc::unbounded();
    let gap_policy = GapPolicy::backfill(move |gap| {
        let (sender, backfill) = mpsc::unbounded::<Event>();
        asked.unbounded_send((gap, sender)).unwrap();
        backfill
    });
    let mut asks = asks;
    let mut backfill = |store: &Store| {
        let (gap, sender): (Gap, mpsc::UnboundedSender<_>) = asks.try_recv().unwrap();
        assert!(gap.is_known);
        for event in store.between(&gap.last_event_id, Some(&gap.until)) {
            sender.unbounded_send(event).unwrap();
        }
    };
    let channel = Channel::new(holding(2).gap_policy(gap_policy));
    store.publish(&channel, 1..=6);
    let mut subscriber = resume(&channel, store.id(1));
    assert!(is_waiting(&mut subscriber));
    // Meanwhile the log goes on, and evicts the event at which the backfill was to end.
    store.publish(&channel, 7..=9);
    backfill(&store);
    assert_eq!(texts(&mut subscriber), ["2", "3", "4"]);
    backfill(&store);
    store.publish(&channel, 10..=10);
    assert_eq!(texts(&mut subscriber), ["5", "6", "7"]);
    backfill(&store);
    assert_eq!(texts(&mut subscriber), ["8", "9", "10"]);
}

#[test]
fn that_finds_nothing_can_report_the_gap() {
    let gap_policy = GapPolicy::backfill(|gap: Gap| stream::iter([gap.notice_event()]));
    let channel = Channel::new(holding(2).gap_policy(gap_policy));
    let ids = publish_numbers(&channel, 1..=4);
    let mut subscriber = resume(&channel, "zzzzzz-1");
    let [notice, three, four] = &seen(&mut subscriber)[..] else {
        panic!("a notice, and what is held");
    };
    assert_eq!(*notice, named("gap", &ids[2], &ids[1]));
    let held = [three, four].map(|[_, data, _]| data.as_str());
    assert_eq!(held, ["3", "4"]);
    // A client that was cut off after the notice.
    let [_, _, id] = notice;
    assert_eq!(texts(&mut resume(&channel, id)), ["3", "4"]);
}

#[test]
fn is_made_once_for_each_client_that_resumes() {
    let count = Arc::new(Mutex::new(0));
    let asked = Arc::clone(&count);
    let gap_policy = GapPolicy::backfill(move |_| {
        *asked.lock().unwrap() += 1;
        stream::empty::<Event>()
    });
    let channel = Channel::new(options().gap_policy(gap_policy));
    let one = publish(&channel, "one");
    drop(channel.subscribe());
    drop(channel.replay());
    drop(resume(&channel, one));
    assert_eq!(*count.lock().unwrap(), 0);
    drop(resume(&channel, "zzzzzz-1"));
    assert_eq!(*count.lock().unwrap(), 1);
}

#[test]
fn may_use_the_channel_itself() {
    let whole = Arc::new(Mutex::new(None::<Channel>));
    let inner = Arc::clone(&whole);
    let gap_policy = GapPolicy::backfill(move |_| {
        let channel = inner.lock().unwrap().clone().unwrap();
        publish(&channel, "published");
        stream::iter([Event::new(channel.subscriber_count().to_string())])
    });
    let channel = Channel::new(options().gap_policy(gap_policy));
    *whole.lock().unwrap() = Some(channel.clone());
    let mut subscriber = resume(&channel, "zzzzzz-1");
    assert_eq!(texts(&mut subscriber), ["1", "published"]);
}
