//! Rounds of a keyed channel in which so many keys have changed that they are not listed at once.

use std::num::NonZeroUsize;

use tower_sse::{ChannelEvent, Event, KeyPolicy, KeyedChannel, Subscription};

use crate::{support::*, task::Task};

/// Makes a channel with 600 keys, `k000` to `k599`, whose events have the key as data.
fn with_600_keys() -> KeyedChannel {
    let keys = NonZeroUsize::new(600).unwrap();
    let channel = KeyedChannel::new(options().keyed(keys, KeyPolicy::reject()));
    (0..600).for_each(|key| put(&channel, &name_of(key)));
    channel
}

fn name_of(key: usize) -> String {
    format!("k{key:03}")
}

fn put(channel: &KeyedChannel, key: &str) {
    let event = Event::new(key.to_owned());
    channel.publish(key, event).unwrap();
}

/// Returns the next event, if there is one. A subscription that yields to others is polled again.
fn read(subscription: &mut Subscription) -> Option<ChannelEvent> {
    use std::task::{Context, Poll};
    let task = Task::default();
    loop {
        let waker = task.waker();
        let polled = std::pin::Pin::new(&mut *subscription);
        match futures::Stream::poll_next(polled, &mut Context::from_waker(&waker)) {
            Poll::Ready(event) => return event,
            Poll::Pending if task.wakes() > 0 => {}
            Poll::Pending => return None,
        }
    }
}

/// Reads all that is ready: the name and the data of each event, and its number.
fn rest(subscription: &mut Subscription) -> Vec<(String, Option<u64>)> {
    let rest = std::iter::from_fn(|| read(subscription));
    rest.map(|event| {
        let text = std::str::from_utf8(event.encoded().as_bytes()).unwrap();
        let lines = text.lines().filter(|line| !line.starts_with("id: "));
        let fields = lines.filter_map(|line| Some(line.split_once(": ")?.1));
        let fields: Vec<_> = fields.collect();
        let number = event.id().map(|id| parts(&id).1);
        (fields.join(" "), number)
    })
    .collect()
}

#[test]
fn have_each_key_once_and_the_id_of_all_of_them() {
    let channel = with_600_keys();
    let mut subscription = channel.resume(None);
    let rest = rest(&mut subscription);
    let keys = (0..600).map(|key| (name_of(key), (key == 599).then_some(600)));
    let snapshot = ("snapshot".to_owned() + " ", Some(0));
    assert!(rest.into_iter().eq([snapshot].into_iter().chain(keys)));
}

#[test]
fn have_the_id_of_what_was_published_when_they_began() {
    let channel = with_600_keys();
    let mut subscription = channel.resume(None);
    let _snapshot_and_first = (read(&mut subscription), read(&mut subscription));
    ["k000", "k599"].iter().for_each(|key| put(&channel, key));
    let rest = rest(&mut subscription);
    let last: Vec<_> = rest.iter().skip(597).cloned().collect();
    let expected = [
        ("k598".to_owned(), None),
        ("k599".to_owned(), Some(600)),
        ("k000".to_owned(), Some(601)),
    ];
    assert_eq!(last, expected);
    let keyed = last_number(&channel, 600);
    assert_eq!(self::rest(&mut channel.resume(Some(&keyed))).len(), 2);
}

fn last_number(channel: &KeyedChannel, number: u64) -> tower_sse::LastEventId {
    last(sibling(&channel.last_id(), number).replace('-', "."))
}

#[test]
fn begin_again_if_removals_are_forgotten_meanwhile() {
    let channel = with_600_keys();
    let mut subscription = channel.resume(Some(&last_number(&channel, 600)));
    let remove = |key: &str| drop(channel.remove(key).unwrap().unwrap());
    (0..400).rev().for_each(|key| remove(&name_of(key)));
    let (first, _) = (read(&mut subscription).unwrap(), ());
    assert!(first.encoded().as_bytes().ends_with(b"data: k000\n\n"));
    // As many removals are remembered as there may be keys: those of `k399` to `k300` are forgotten.
    let others: Vec<_> = (0..300).map(|key| format!("other{key}")).collect();
    others.iter().for_each(|key| put(&channel, key));
    others.iter().for_each(|key| remove(key));
    let rest = rest(&mut subscription);
    let snapshot = rest.iter().position(|(text, _)| text == "snapshot ");
    let live = rest.iter().skip(snapshot.unwrap() + 1);
    let live = live.filter(|(text, _)| text.starts_with('k'));
    assert_eq!(live.count(), 200);
}

/// A removal that is forgotten is sent to a client that has the key, also in a round that has begun before.
#[test]
fn have_the_removals_that_are_forgotten_meanwhile() {
    let channel = with_600_keys();
    let mut subscription = channel.resume(None);
    let _ = rest(&mut subscription);
    let remove = |key: &str| drop(channel.remove(key).unwrap().unwrap());
    (0..400).rev().for_each(|key| remove(&name_of(key)));
    let _ = read(&mut subscription);
    let others: Vec<_> = (0..300).map(|key| format!("other{key}")).collect();
    others.iter().for_each(|key| put(&channel, key));
    others.iter().for_each(|key| remove(key));
    let rest = rest(&mut subscription);
    let removed = rest
        .iter()
        .filter(|(text, _)| text.starts_with("key-removed k"));
    assert_eq!(removed.count(), 399);
    assert!(rest.iter().all(|(text, _)| !text.starts_with("snapshot")));
}
