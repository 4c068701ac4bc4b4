//! Events that several channels of one subscription have.

use std::num::NonZeroUsize;

use futures::{FutureExt, StreamExt};
use hyper_util::rt::TokioTimer;
use tower_sse::{Channel, ChannelOptions, Event, Hub, HubOptions, LagPolicy};

#[test]
fn an_event_is_due_after_one_that_came_by_another_channel_and_was_evicted_here() {
    let one = ChannelOptions::with_timer(TokioTimer::new()).max_events(NonZeroUsize::MIN);
    let hub = Hub::new(HubOptions::with_timer(TokioTimer::new()).channel_options(one));
    let b: Channel = hub.channel("b").unwrap();
    let mut subscription = hub.subscribe(["a", "b"]).unwrap();

    hub.publish(["a", "b"], &Event::new("both")).unwrap();
    assert!(subscription.next().now_or_never().flatten().is_some());
    let id = b.publish(Event::new("next")).unwrap();

    let event = subscription.next().now_or_never().flatten();
    assert_eq!(event.and_then(|event| event.id()), Some(id));
}

#[test]
fn an_event_that_came_by_another_channel_is_not_missed() {
    for name in ["a", "b"] {
        let one = ChannelOptions::with_timer(TokioTimer::new())
            .max_events(NonZeroUsize::MIN)
            .lag_policy(LagPolicy::notify());
        let hub = Hub::new(HubOptions::with_timer(TokioTimer::new()).channel_options(one));
        let channel: Channel = hub.channel(name).unwrap();
        let mut subscription = hub.subscribe(["a", "b"]).unwrap();

        hub.publish(["a", "b"], &Event::new("both")).unwrap();
        assert!(subscription.next().now_or_never().flatten().is_some());
        channel.publish(Event::new("missed")).unwrap();
        let id = channel.publish(Event::new("next")).unwrap();

        let event = subscription.next().now_or_never().flatten();
        assert_eq!(event.and_then(|event| event.id()), Some(id), "{name}");
        assert_eq!(subscription.missed(), 1, "{name}");
    }
}
