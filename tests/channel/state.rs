use std::{
    convert::Infallible,
    panic::{AssertUnwindSafe, catch_unwind},
};

use tower_sse::{
    BoxError, EncodeEvent, Encoder, Event, EventId, EventName, LastEventId, PublishError,
    StateChannel, Subscription,
};

use crate::{support::*, task::Task};

const TOTAL: EventName = EventName::from_static("total");

fn counter() -> StateChannel<u64> {
    StateChannel::new(0, holding(3))
}

/// Adds to the count so often. Returns the last id.
fn add(counter: &StateChannel<u64>, times: u64) -> EventId {
    let change = |count: &mut u64| {
        *count += 1;
        Event::new(count.to_string())
    };
    (1..times).for_each(|_| drop(counter.update(change).unwrap()));
    counter.update(change).unwrap()
}

fn total(count: &u64) -> Event {
    Event::new(count.to_string()).name(TOTAL)
}

fn subscribe(counter: &StateChannel<u64>) -> Subscription {
    counter.subscribe(total).unwrap()
}

fn resume(counter: &StateChannel<u64>, id: Option<&LastEventId>) -> Subscription {
    counter.resume(id, total).unwrap()
}

#[test]
fn comes_first_and_then_each_change() {
    let counter = counter();
    let two = add(&counter, 2);
    let mut subscriber = subscribe(&counter);
    let three = add(&counter, 1);
    assert_eq!(
        seen(&mut subscriber),
        [named("total", "2", &two), event("3", &three)]
    );
    assert_eq!(counter.read(|count| *count), 3);
}

#[test]
fn comes_also_before_the_first_change() {
    let counter = counter();
    let mut subscriber = subscribe(&counter);
    let one = add(&counter, 1);
    assert_eq!(
        seen(&mut subscriber),
        [named("total", "0", sibling(&one, 0)), event("1", &one)]
    );
}

#[test]
fn does_not_come_to_clients_that_can_resume() {
    let counter = counter();
    let two = add(&counter, 2);
    add(&counter, 3);
    let mut subscriber = resume(&counter, Some(&last(&two)));
    assert_eq!(texts(&mut subscriber), ["3", "4", "5"]);
}

#[test]
fn does_not_come_again_to_clients_that_have_seen_it() {
    let counter = counter();
    add(&counter, 2);
    let mut subscriber = subscribe(&counter);
    let [_, _, id] = seen(&mut subscriber).remove(0);
    let mut subscriber = resume(&counter, Some(&last(&id)));
    assert!(is_waiting(&mut subscriber));
    add(&counter, 1);
    assert_eq!(texts(&mut subscriber), ["3"]);
}

#[test]
fn comes_to_clients_that_cannot_resume() {
    let counter = counter();
    let one = add(&counter, 1);
    let five = add(&counter, 4);
    // 2 is not held any more.
    for id in [Some(last(&one)), Some(last("zzzzzz-1")), None] {
        let mut subscriber = resume(&counter, id.as_ref());
        assert_eq!(seen(&mut subscriber), [named("total", "5", &five)]);
    }
}

#[test]
fn comes_again_after_a_lag() {
    let counter = counter();
    let mut subscriber = subscribe(&counter);
    let [_, _, id] = seen(&mut subscriber).remove(0);
    let four = add(&counter, 4);
    assert_eq!(texts(&mut subscriber), [""; 0]);
    assert!(is_ended(&mut subscriber));
    let mut subscriber = resume(&counter, Some(&last(&id)));
    assert_eq!(seen(&mut subscriber), [named("total", "4", &four)]);
}

/// A change whose event is too large to be published.
fn add_too_much(counter: &StateChannel<u64>) -> PublishError {
    let change = |count: &mut u64| {
        *count += 1;
        Event::new("x".repeat(5 << 20))
    };
    counter.update(change).unwrap_err()
}

#[test]
fn comes_again_after_a_change_that_cannot_be_published() {
    let counter = counter();
    let two = add(&counter, 2);
    let mut subscriber = resume(&counter, Some(&last(&two)));
    let mut slow = resume(&counter, Some(&last(sibling(&two, 1))));
    let error = add_too_much(&counter);
    assert!(matches!(error, PublishError::TooLarge { .. }), "{error:?}");
    // Both end, though the one had read everything.
    for subscriber in [&mut subscriber, &mut slow] {
        assert_eq!(texts(subscriber), [""; 0]);
        assert!(is_ended(subscriber));
    }
    let mut subscriber = resume(&counter, Some(&last(&two)));
    let four = add(&counter, 1);
    let expected = [
        named("total", "3", sibling(&two, 3)),
        event("4", sibling(&two, 4)),
    ];
    assert_eq!(seen(&mut subscriber), expected);
    assert_eq!(four, *sibling(&two, 4));
    let mut subscriber = resume(&counter, Some(&last(sibling(&two, 3))));
    assert_eq!(texts(&mut subscriber), ["4"]);
}

#[test]
fn that_cannot_be_published_wakes_waiting_tasks() {
    let counter = counter();
    let (task, mut subscriber) = (Task::default(), counter.channel().subscribe());
    task.waits(&mut subscriber);
    add_too_much(&counter);
    assert_eq!(task.wakes(), 1);
}

/// A change that may fail to be encoded, or panic.
enum Change {
    Fine,
    Fails,
    Panics,
}

impl EncodeEvent for Change {
    fn encode(&self, encoder: &mut Encoder) -> Result<(), BoxError> {
        match self {
            Self::Fine => "fine".encode(encoder),
            Self::Fails => Err("broken".into()),
            Self::Panics => panic!("on purpose"),
        }
    }
}

#[test]
fn comes_again_after_a_change_that_cannot_be_encoded() {
    let states = [Change::Fails, Change::Panics].map(|change| {
        let state = StateChannel::<u64, Change>::new(0, options());
        let mut subscriber = state.channel().subscribe();
        let change = |state: &mut u64| {
            *state += 1;
            change
        };
        let updated = catch_unwind(AssertUnwindSafe(|| state.update(change)));
        assert!(!matches!(updated, Ok(Ok(_))));
        assert_eq!(texts(&mut subscriber), [""; 0]);
        assert!(is_ended(&mut subscriber));
        state
    });
    for state in states {
        let mut subscriber = state.subscribe(total).unwrap();
        state.update(|_| Change::Fine).unwrap();
        assert_eq!(texts(&mut subscriber), ["1", "fine"]);
    }
}

#[test]
fn is_not_evicted_by_what_cannot_be_encoded_after_the_close() {
    let state = StateChannel::<u64, Change>::new(0, options());
    let mut subscriber = state.channel().subscribe();
    let fine = state.update(|_| Change::Fine).unwrap();
    state.channel().close();
    assert!(state.update(|_| Change::Fails).is_err());
    assert_eq!(state.channel().last_id(), fine);
    assert_eq!(texts(&mut subscriber), ["fine"]);
}

#[test]
fn is_not_evicted_by_a_change_after_the_close() {
    let counter = counter();
    let mut subscriber = counter.channel().subscribe();
    add(&counter, 1);
    counter.channel().close();
    assert!(matches!(add_too_much(&counter), PublishError::Closed));
    assert_eq!(texts(&mut subscriber), ["1"]);
}

#[test]
fn may_fail_to_be_published() {
    let counter = counter();
    add(&counter, 1);
    let error = counter.subscribe(|_| Err::<Event, _>("no state"));
    let error = error.unwrap_err();
    assert!(!error.is_encode());
    assert_eq!(error.into_inner().to_string(), "no state");
    assert_eq!(counter.channel().subscriber_count(), 0);

    let fails = |_: &u64| Err::<Event, BoxError>("no state".into());
    assert!(counter.resume(None, fails).is_err());
    let mut subscriber = counter.subscribe(|count| Ok::<_, Infallible>(total(count)));
    assert_eq!(texts(subscriber.as_mut().unwrap()), ["1"]);
}

#[test]
fn is_not_made_for_clients_that_can_resume() {
    let counter = counter();
    let one = add(&counter, 1);
    let snapshot = |_: &u64| -> Event { unreachable!() };
    assert!(counter.resume(Some(&last(&one)), snapshot).is_ok());
}

#[test]
fn changes_though_nothing_can_be_published() {
    let counter = counter();
    counter.channel().close();
    let change = |count: &mut u64| {
        *count += 1;
        total(count)
    };
    let error = counter.update(change).unwrap_err();
    assert!(matches!(error, PublishError::Closed));
    assert_eq!(counter.read(|count| *count), 1);
    let mut subscriber = subscribe(&counter);
    assert_eq!(texts(&mut subscriber), ["1"]);
    assert!(is_ended(&mut subscriber));
}

#[test]
fn that_is_rejected_leaves_its_number_free() {
    let counter = counter();
    let mut subscriber = counter.channel().subscribe();
    let fails = |_: &mut u64| Err::<Event, BoxError>("no change".into());
    let error = counter.update(fails).unwrap_err();
    assert!(matches!(error, PublishError::Before(_)));
    assert_eq!(parts(&add(&counter, 1)).1, 1);
    assert_eq!(texts(&mut subscriber), ["1"]);
}

#[test]
fn is_shared_by_clones_and_ends_with_the_last() {
    let counter = counter();
    let clone = counter.clone();
    let mut subscriber = subscribe(&clone);
    drop(counter);
    add(&clone, 1);
    assert_eq!(texts(&mut subscriber), ["0", "1"]);
    assert!(is_waiting(&mut subscriber));
    drop(clone);
    assert!(is_ended(&mut subscriber));
}

#[test]
fn outlives_a_panic() {
    let counter = counter();
    add(&counter, 1);
    let panics = |_: &mut u64| -> Event { std::panic::resume_unwind(Box::new(())) };
    assert!(catch_unwind(AssertUnwindSafe(|| counter.update(panics))).is_err());
    add(&counter, 1);
    assert_eq!(texts(&mut subscribe(&counter)), ["2"]);
}
