//! Gaps of single channels in a subscription of several.

use std::num::NonZeroUsize;

use tower_sse::{EventId, GapPolicy, Hub, NoticePolicy};

use crate::{hub::hub, several::*, support::*};

#[test]
fn name_their_channel() {
    let hub = hub_of(|name, options| match name {
        "b" => options.max_events(NonZeroUsize::MIN),
        _ => options,
    });
    let zero = hub.last_id();
    let ids = publish_in(&hub, [("a", "1"), ("b", "2"), ("a", "3"), ("b", "4")]);
    let mut resumed = resume_all(&hub, &["a", "b"], &zero);
    let [gap] = resumed.gaps() else {
        panic!("one gap: {:?}", resumed.gaps());
    };
    assert_eq!((&*gap.channel, gap.is_known), ("b", true));
    assert_eq!((gap.oldest.as_ref(), &gap.until), (Some(&ids[3]), &ids[3]));
    let expected = [
        // The client has nothing yet of what follows.
        named("gap", format!("{}\nb", ids[3]), &zero),
        event("1", &ids[0]),
        event("3", &ids[2]),
        event("4", &ids[3]),
    ];
    assert_eq!(seen(&mut resumed), expected);
}

#[test]
fn are_in_each_channel_if_the_id_is_unknown() {
    let hub = hub(9);
    let [one] = publish_in(&hub, [("b", "1")]);
    let mut resumed = resume_all(&hub, &["a", "b"], "other-7");
    assert_eq!(gaps(&resumed), ["a", "b"]);
    let expected = [
        named("gap", "\na", ""),
        named("gap", format!("{one}\nb"), sibling(&one, 0)),
        event("1", &one),
    ];
    assert_eq!(seen(&mut resumed), expected);
}

#[test]
fn do_not_come_again_after_the_last_notice() {
    let hub = hub_of(|_, options| options.max_events(NonZeroUsize::MIN));
    let zero = hub.last_id();
    let ids = publish_in(&hub, [("a", "1"), ("b", "2"), ("a", "3"), ("b", "4")]);
    let seen = seen(&mut resume_all(&hub, &["a", "b"], &zero));
    let last = &seen[1];
    assert_eq!(*last, named("gap", format!("{}\nb", ids[3]), &ids[1]));
    let resumed = resume_all(&hub, &["a", "b"], &last[2]);
    assert!(resumed.gaps().is_empty());
}

/// Makes a hub whose channels retain one event each, and whose channels `b` and `c` send no notices.
fn with_silent() -> (Hub, EventId, [EventId; 4]) {
    let hub = hub_of(|name, options| {
        let options = options.max_events(NonZeroUsize::MIN);
        match name {
            "b" | "c" => options.notice_policy(NoticePolicy::silent()),
            _ => options,
        }
    });
    let zero = hub.last_id();
    let ids = publish_in(&hub, [("a", "1"), ("b", "2"), ("a", "3"), ("b", "4")]);
    (hub, zero, ids)
}

#[test]
fn give_the_id_in_the_last_notice_that_the_client_gets() {
    let (hub, zero, ids) = with_silent();
    let mut resumed = resume_all(&hub, &["a", "b"], &zero);
    assert_eq!(gaps(&resumed), ["a", "b"]);
    let expected = [
        named("gap", format!("{}\na", ids[2]), &ids[1]),
        event("3", &ids[2]),
        event("4", &ids[3]),
    ];
    assert_eq!(seen(&mut resumed), expected);
}

#[test]
fn give_the_id_in_a_checkpoint_if_the_client_gets_no_notice_of_them() {
    let (hub, _, ids) = with_silent();
    let mut resumed = resume_all(&hub, &["a", "b"], &ids[0]);
    assert_eq!(gaps(&resumed), ["b"]);
    let expected = [
        named("checkpoint", "", &ids[1]),
        event("3", &ids[2]),
        event("4", &ids[3]),
    ];
    assert_eq!(seen(&mut resumed), expected);
}

#[test]
fn give_no_id_if_all_channels_are_silent() {
    let (hub, zero, ids) = with_silent();
    let mut resumed = resume_all(&hub, &["c", "b"], &zero);
    assert_eq!(gaps(&resumed), ["b"]);
    assert_eq!(seen(&mut resumed), [event("4", &ids[3])]);
}

/// A channel without ids has no gaps, wherever it is in the subscription.
#[test]
fn give_the_id_before_a_channel_without_ids() {
    let hub = hub_of(|name, options| match name {
        "b" => options.without_ids(),
        _ => options.max_events(NonZeroUsize::MIN),
    });
    let zero = hub.last_id();
    let ids = publish_in(&hub, [("a", "1"), ("b", "2"), ("a", "3")]);
    let mut resumed = resume_all(&hub, &["a", "b"], &zero);
    let expected = [
        named("gap", format!("{}\na", ids[2]), &ids[1]),
        event("3", &ids[2]),
    ];
    assert_eq!(seen(&mut resumed), expected);
}

#[test]
fn follow_the_gap_policy_of_each_channel() {
    let hub = hub_of(|name, options| match name {
        "live" => options.gap_policy(GapPolicy::live()),
        _ => options,
    });
    let ids = publish_in(&hub, [("live", "1"), ("told", "2"), ("live", "3")]);
    let mut resumed = resume_all(&hub, &["live", "told"], "other-7");
    let [four] = publish_in(&hub, [("live", "4")]);
    assert_eq!(gaps(&resumed), ["live", "told"]);
    let expected = [
        named("gap", format!("{}\ntold", ids[1]), &ids[0]),
        event("2", &ids[1]),
        event("4", &four),
    ];
    assert_eq!(seen(&mut resumed), expected);
}

#[test]
fn follow_the_notice_policy_of_each_channel() {
    let hub = hub_of(|name, options| match name {
        "silent" => options.notice_policy(NoticePolicy::silent()),
        _ => options,
    });
    for names in [["silent", "told"], ["told", "silent"]] {
        let mut resumed = resume_all(&hub, &names, "other-7");
        assert_eq!(gaps(&resumed), names);
        let notice = named("gap", "\ntold", hub.last_id());
        assert_eq!(seen(&mut resumed), [notice]);
    }
}
