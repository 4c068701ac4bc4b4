//! One event, published in several channels at once.

use tower_sse::{ChannelError, Event, Hub, InvalidName, LagPolicy, PublishError};

use crate::{
    hub::{channel_in, close, hub},
    several::*,
    support::*,
};

#[test]
fn sends_an_event_once_under_one_id() {
    let hub = hub(9);
    let mut both = hub.subscribe(["a", "b"]).unwrap();
    let mut alone = ABC.map(|name| channel_in(&hub, name).subscribe());
    let one = hub.publish(["a", "b", "a"], &Event::new("one")).unwrap();
    let two = hub.publish(["b", "c"], &Event::new("two")).unwrap();
    assert_eq!(two, *sibling(&one, 2));
    let [one, two] = [event("one", one), event("two", two)];
    assert_eq!(seen(&mut both), [one.clone(), two.clone()]);
    let expected = [vec![one.clone()], vec![one, two.clone()], vec![two]];
    assert_eq!(alone.each_mut().map(seen), expected);
    assert!(is_waiting(&mut both));
}

#[test]
fn sends_an_event_once_after_a_resumption() {
    let hub = hub(9);
    let zero = hub.last_id();
    let one = hub.publish(["a", "b"], &Event::new("one")).unwrap();
    let two = hub.publish(["a", "b"], &Event::new("two")).unwrap();
    let both = [event("one", &one), event("two", &two)];
    let seen_after = |id| seen(&mut resume_all(&hub, &["b", "a"], id));
    assert_eq!(seen_after(&zero), both);
    assert_eq!(seen_after(&one), both[1..]);
    assert_eq!(seen(&mut hub.replay(["a", "b"]).unwrap()), both);
}

#[test]
fn counts_no_event_as_missed_that_came_by_another_channel() {
    let hub = lagging(LagPolicy::notify());
    let mut subscription = hub.subscribe(["a", "b"]).unwrap();
    hub.publish(["a", "b"], &Event::new("1")).unwrap();
    assert_eq!(next(&mut subscription).id().map(|id| parts(&id).1), Some(1));
    publish_in(&hub, [("b", "2"), ("b", "3")]);
    assert_eq!(texts(&mut subscription), ["1\nb", "3"]);
}

/// Publishes in several channels in vain. Returns the error.
pub(crate) fn assert_published_nowhere<'a>(
    hub: &Hub,
    names: impl IntoIterator<Item = &'a str>,
    event: Event,
) -> PublishError {
    let names_before = hub.names().into_iter();
    let replay = |name| hub.replay([name]).unwrap();
    let mut subscriptions: Vec<_> = names_before.map(replay).collect();
    let before = hub.last_id();
    let error = hub.publish(names, &event).unwrap_err();
    assert_eq!(hub.last_id(), before, "it has an id");
    for subscription in &mut subscriptions {
        assert!(!texts(subscription).contains(&"in vain".to_owned()));
    }
    error
}

#[test]
fn sends_nothing_if_no_channel_can_have_one_of_the_names() {
    let hub = hub(9);
    let _held = ABC.map(|name| channel_in(&hub, name));
    let error = assert_published_nowhere(&hub, ["a", "", "b"], Event::new("in vain"));
    assert!(matches!(
        error,
        PublishError::Channel(ChannelError::Name(InvalidName::Empty))
    ));
}

#[test]
fn sends_nothing_if_there_are_too_many_channels() {
    let hub = hub(3);
    let _held = ABC.map(|name| channel_in(&hub, name));
    let error = assert_published_nowhere(&hub, ["a", "d"], Event::new("in vain"));
    let expected = ChannelError::TooMany { max: 3 };
    assert!(matches!(error, PublishError::Channel(error) if error == expected));
}

#[test]
fn sends_nothing_if_one_channel_is_closed_meanwhile() {
    let hub = hub(9);
    let _held = ABC.map(|name| channel_in(&hub, name));
    // As another thread may, between the look-up of `a` and the publication.
    let names = ["a", "b"].into_iter().inspect(|name| {
        if *name == "b" {
            close(&hub, "a");
        }
    });
    let error = assert_published_nowhere(&hub, names, Event::new("in vain"));
    assert!(matches!(error, PublishError::Closed));
}

#[test]
fn sends_nothing_if_the_event_is_too_large_for_one_channel() {
    let hub = hub_of(|name, options| match name {
        "b" => options.max_bytes(10),
        _ => options,
    });
    let _held = ABC.map(|name| channel_in(&hub, name));
    let error = assert_published_nowhere(&hub, ["a", "b"], Event::new("in vain"));
    assert!(matches!(error, PublishError::TooLarge { max: 10, .. }));
}

#[test]
fn makes_a_closed_channel_anew() {
    let hub = hub(9);
    let mut before = channel_in(&hub, "a").subscribe();
    close(&hub, "a");
    hub.publish(["a", "b"], &Event::new("one")).unwrap();
    assert!(is_ended(&mut before));
    assert_eq!(texts(&mut hub.replay(["a"]).unwrap()), ["one"]);
}
