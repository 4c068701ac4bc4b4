//! Several channels in one subscription, which share its position.

use std::num::NonZeroUsize;

use tower_sse::{ChannelOptions, CloseReason, EventId, Hub, LagPolicy, Subscription};

use crate::{
    hub::{channel_in, close, hub, hub_options},
    support::*,
    task::Task,
};

pub(crate) const ABC: [&str; 3] = ["a", "b", "c"];

/// Makes a hub in which each channel has options of its own.
pub(crate) fn hub_of(
    each: impl Fn(&str, ChannelOptions) -> ChannelOptions + Send + Sync + 'static,
) -> Hub {
    Hub::new(hub_options(9).each(each))
}

/// Makes a hub whose channel `b` retains one event and has this policy for lags.
pub(crate) fn lagging(policy: LagPolicy) -> Hub {
    hub_of(move |name, options| match name {
        "b" => options
            .max_events(NonZeroUsize::MIN)
            .lag_policy(policy.clone()),
        _ => options,
    })
}

/// Publishes texts, each in a channel of this hub. Returns their ids.
pub(crate) fn publish_in<const N: usize>(
    hub: &Hub,
    events: [(&str, &'static str); N],
) -> [EventId; N] {
    events.map(|(name, text)| publish(&channel_in(hub, name), text))
}

pub(crate) fn resume_all(hub: &Hub, names: &[&str], id: impl AsRef<str>) -> Subscription {
    hub.resume(names, Some(&last(id))).unwrap()
}

/// Returns the names of the channels in which a subscription has a gap.
pub(crate) fn gaps(subscription: &Subscription) -> Vec<&str> {
    let gaps = subscription.gaps().iter();
    gaps.map(|gap| &*gap.channel).collect()
}

#[test]
fn come_in_the_order_in_which_they_were_published() {
    let hub = hub(9);
    let mut subscriptions = [ABC, ["c", "b", "a"]].map(|names| hub.subscribe(names).unwrap());
    let ids = publish_in(
        &hub,
        [("b", "1"), ("a", "2"), ("c", "3"), ("a", "4"), ("b", "5")],
    );
    let expected: Vec<_> = ["1", "2", "3", "4", "5"]
        .into_iter()
        .zip(&ids)
        .map(|(text, id)| event(text, id))
        .collect();
    assert_eq!(
        subscriptions.each_mut().map(seen),
        [expected.clone(), expected.clone()]
    );
    let mut replay = hub.replay(ABC).unwrap();
    assert_eq!(seen(&mut replay), expected);
}

#[test]
fn leave_out_channels_that_are_not_subscribed_to() {
    let hub = hub(9);
    let mut subscription = hub.subscribe(["a", "c"]).unwrap();
    let [one, _, three] = publish_in(&hub, [("a", "1"), ("b", "2"), ("c", "3")]);
    assert_eq!(
        seen(&mut subscription),
        [event("1", one), event("3", three)]
    );
}

#[test]
fn are_resumed_by_one_id_at_every_point() {
    let hub = hub(9);
    let zero = hub.last_id();
    let ids = publish_in(
        &hub,
        [
            ("a", "1"),
            ("b", "2"),
            ("c", "3"),
            ("b", "4"),
            ("a", "5"),
            ("c", "6"),
        ],
    );
    let texts_after = |id: &EventId| {
        let mut resumed = resume_all(&hub, &ABC, id);
        assert!(resumed.gaps().is_empty());
        texts(&mut resumed)
    };
    let all = ["1", "2", "3", "4", "5", "6"];
    assert_eq!(texts_after(&zero), all);
    for (seen, id) in (1..).zip(&ids) {
        assert_eq!(texts_after(id), all[seen..]);
    }
}

#[test]
fn continue_after_a_resumption() {
    let hub = hub(9);
    let [_, two, _] = publish_in(&hub, [("a", "1"), ("b", "2"), ("c", "3")]);
    let mut resumed = resume_all(&hub, &ABC, two);
    let [four, five] = publish_in(&hub, [("c", "4"), ("a", "5")]);
    let seen = seen(&mut resumed);
    assert_eq!(seen[0][1], "3");
    assert_eq!(seen[1..], [event("4", four), event("5", five)]);
}

#[test]
fn begin_with_a_checkpoint_of_the_hub_on_a_first_visit() {
    let hub = hub(9);
    publish_in(&hub, [("a", "1"), ("b", "2")]);
    let mut first_visit = hub.resume(ABC, None).unwrap();
    let [three] = publish_in(&hub, [("c", "3")]);
    let checkpoint = named("checkpoint", "", sibling(&three, 2));
    assert_eq!(seen(&mut first_visit), [checkpoint, event("3", three)]);
}

#[test]
fn wake_a_task_by_an_event_of_any_channel() {
    let hub = hub(9);
    let (task, mut subscription) = (Task::default(), hub.subscribe(ABC).unwrap());
    for name in ["b", "a", "c", "c"] {
        task.waits(&mut subscription);
        publish_in(&hub, [(name, "1")]);
        assert_eq!(task.wakes(), 1);
        assert_eq!(texts(&mut subscription), ["1"]);
    }
}

#[test]
fn do_not_wake_a_task_by_an_event_of_another_channel() {
    let hub = hub(9);
    let (task, mut subscription) = (Task::default(), hub.subscribe(["a", "b"]).unwrap());
    task.waits(&mut subscription);
    publish_in(&hub, [("c", "1")]);
    assert_eq!(task.wakes(), 0);
}

#[test]
fn go_on_when_one_channel_is_closed_and_end_when_all_are() {
    let hub = hub(9);
    let [a, b] = ["a", "b"].map(|name| channel_in(&hub, name));
    let mut subscription = hub.subscribe(["a", "b"]).unwrap();
    publish(&a, "1");
    a.close();
    let seen = wire(&mut subscription);
    assert!(
        seen.ends_with("event: channel-removed\ndata: a\n\n"),
        "{seen}"
    );
    assert!(is_waiting(&mut subscription));
    publish(&b, "2");
    assert_eq!(texts(&mut subscription), ["2"]);
    publish(&b, "3");
    b.close();
    assert_eq!(texts(&mut subscription), ["3"]);
    assert!(is_ended(&mut subscription));
    assert_eq!(subscription.close_reason(), Some(CloseReason::Completed));
}

#[test]
fn wake_a_task_when_the_last_channel_is_closed() {
    let hub = hub(9);
    let (task, mut subscription) = (Task::default(), hub.subscribe(["a", "b"]).unwrap());
    task.waits(&mut subscription);
    close(&hub, "b");
    assert_eq!(task.wakes(), 1);
    assert_eq!(texts(&mut subscription), ["b"], "the notice");
    task.waits(&mut subscription);
    close(&hub, "a");
    assert_eq!(task.wakes(), 1);
    assert!(is_ended(&mut subscription));
}

#[test]
fn end_at_once_where_there_are_no_channels() {
    let hub = hub(9);
    let mut subscription = hub.subscribe([""; 0]).unwrap();
    assert!(is_ended(&mut subscription));
}
