use tokio::time::advance;
use tower_sse::{Channel, ChannelOptions, Event, NoticePolicy, StateChannel};

use crate::{clock::Clock, support::*};

fn held(channel: &Channel) -> Vec<String> {
    texts(&mut channel.replay())
}

#[test]
fn holds_so_many_events() {
    let channel = Channel::new(holding(2));
    publish_numbers(&channel, 1..=2);
    assert_eq!(held(&channel), ["1", "2"]);
    publish_numbers(&channel, 3..=3);
    assert_eq!(held(&channel), ["2", "3"]);
}

#[test]
fn holds_1024_events_by_default() {
    let channel = channel();
    publish_numbers(&channel, 1..=1025);
    let held = held(&channel);
    assert_eq!(held.len(), 1024);
    assert_eq!(held[0], "2");
}

#[test]
fn holds_so_many_bytes() {
    // "data: 1\n", "id: ABCDEF-1\n", "\n": 22 bytes each.
    let channel = Channel::new(options().max_bytes(66));
    publish_numbers(&channel, 1..=3);
    assert_eq!(held(&channel), ["1", "2", "3"]);
    publish_numbers(&channel, 4..=4);
    assert_eq!(held(&channel), ["2", "3", "4"]);

    let channel = Channel::new(options().max_bytes(65));
    publish_numbers(&channel, 1..=3);
    assert_eq!(held(&channel), ["2", "3"]);
}

#[test]
fn evicts_several_for_one_that_is_large() {
    let channel = Channel::new(options().max_bytes(66));
    publish_numbers(&channel, 1..=3);
    // 21 + 32 bytes, which leave no room for another.
    channel.publish(Event::new("x".repeat(32))).unwrap();
    assert_eq!(held(&channel), ["x".repeat(32)]);
}

#[test]
fn holds_4_mib_by_default() {
    let channel = channel();
    let mib = || Event::new("x".repeat(1 << 20));
    (0..4).for_each(|_| drop(channel.publish(mib()).unwrap()));
    let held = wire(&mut channel.replay());
    assert_eq!(held.matches("data: ").count(), 3);
}

#[tokio::test(start_paused = true)]
async fn holds_events_for_so_long() {
    let channel = Channel::new(options().max_age(10 * SECOND));
    publish(&channel, "one");
    advance(4 * SECOND).await;
    publish(&channel, "two");
    advance(6 * SECOND).await;
    assert_eq!(held(&channel), ["one", "two"], "at the very moment");
    advance(SECOND / 1000).await;
    assert_eq!(held(&channel), ["two"]);
    advance(60 * SECOND).await;
    let checkpoint = named("checkpoint", "", channel.last_id());
    assert_eq!(seen(&mut channel.replay()), [checkpoint]);
}

#[test]
fn holds_events_since_they_are_published_and_not_since_their_change_began() {
    let clock = Clock::new();
    let options = ChannelOptions::with_timer(clock.clone())
        .max_age(10 * SECOND)
        .notice_policy(NoticePolicy::event());
    let state: StateChannel<()> = StateChannel::new((), options);
    let channel = state.channel();
    let mut subscriber = channel.subscribe();
    let change = |(): &mut ()| {
        clock.advance(20_000);
        Event::new("one")
    };
    state.update(change).unwrap();
    clock.advance(10_000);
    assert_eq!(held(channel), ["one"]);
    assert_eq!(texts(&mut subscriber), ["one"]);
    clock.advance(1);
    assert_eq!(texts(&mut channel.replay()), [""], "a checkpoint");
}

#[tokio::test(start_paused = true)]
async fn holds_events_for_ever_by_default() {
    let channel = channel();
    publish(&channel, "one");
    advance(SECOND * 1_000_000).await;
    publish(&channel, "two");
    assert_eq!(held(&channel), ["one", "two"]);
}

#[tokio::test(start_paused = true)]
async fn evicts_the_old_at_a_publication_subscription_or_resumption() {
    type Touch = fn(&Channel);
    let touches: [Touch; 4] = [
        |channel| drop(publish(channel, "new")),
        |channel| drop(channel.subscribe()),
        |channel| drop(channel.replay()),
        |channel| drop(channel.resume(Some(&last("x-1")))),
    ];
    for touch in touches {
        let channel = Channel::new(options().max_age(SECOND));
        let mut slow = channel.subscribe();
        publish(&channel, "old");
        advance(2 * SECOND).await;
        touch(&channel);
        assert!(has_lagged(&mut slow));
    }
}

#[tokio::test(start_paused = true)]
async fn still_sends_what_is_old_to_earlier_subscribers() {
    let channel = Channel::new(options().max_age(SECOND));
    let mut slow = channel.subscribe();
    publish(&channel, "old");
    advance(2 * SECOND).await;
    assert_eq!(texts(&mut slow), ["old"]);
}

#[tokio::test(start_paused = true)]
async fn numbers_on_after_all_has_been_evicted() {
    let channel = Channel::new(options().max_age(SECOND));
    let one = publish(&channel, "one");
    advance(2 * SECOND).await;
    assert_eq!(seen(&mut channel.replay()), [named("checkpoint", "", &one)]);
    // Nothing came after it, so nothing is missing.
    let mut subscriber = resume(&channel, &one);
    let two = publish(&channel, "two");
    assert_eq!(parts(&two).1, 2);
    assert_eq!(seen(&mut subscriber), [event("two", &two)]);
}

/// Returns how many bytes of memory each event of a full log takes beside those that go over the wire,
/// when subscribers have read it.
fn beside(events: usize) -> usize {
    let channel = Channel::new(holding(events));
    let mut len = 0;
    let memory = allocation_counter::measure(|| {
        publish_numbers(&channel, 0..2 * events as u64);
        len = wire(&mut channel.replay()).len();
    });
    let memory = usize::try_from(memory.bytes_current).unwrap();
    (memory - len) / events
}

#[test]
fn holds_an_event_in_144_bytes_beside_its_own() {
    for events in [100, 1024, 1025, 5_000, 8_193] {
        let beside = beside(events);
        assert!(beside <= 144, "{beside} bytes for each of {events}");
    }
    assert!(beside(1024) <= 80, "by default");
}
