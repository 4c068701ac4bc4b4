//! What the random test has found, by hand.

use std::num::NonZeroUsize;

use futures::{FutureExt, StreamExt};
use tower_sse::{ChannelOptions, Event, Hub, HubOptions, Subscription};

use crate::clock::Clock;

fn hub_of_newest() -> Hub {
    let clock = Clock::new();
    let newest = ChannelOptions::with_timer(clock.clone()).max_events(NonZeroUsize::MIN);
    Hub::new(HubOptions::with_timer(clock).channel_options(newest))
}

fn publish(hub: &Hub, names: &[&str], text: &'static str) {
    hub.publish(names, &Event::new(text)).unwrap();
}

fn next_text(subscription: &mut Subscription) -> Option<String> {
    let event = subscription.next().now_or_never()??;
    let text = String::from_utf8(event.encoded().as_bytes().to_vec()).unwrap();
    let data = text.lines().find_map(|line| line.strip_prefix("data: "));
    data.map(str::to_owned)
}

#[test]
fn an_event_is_due_after_an_evicted_one_that_came_by_another_channel() {
    let hub = hub_of_newest();
    let mut subscription = hub.subscribe(["a", "b"]).unwrap();
    publish(&hub, &["a", "b"], "one");
    assert_eq!(next_text(&mut subscription).as_deref(), Some("one"));
    publish(&hub, &["b"], "two");
    assert_eq!(next_text(&mut subscription).as_deref(), Some("two"));
}
