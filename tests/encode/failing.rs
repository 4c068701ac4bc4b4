//! Items that fail leave no byte, and nothing before them is lost.

use futures::stream;
use proptest::{collection::vec, prelude::*};
use tower_sse::{Event, EventStream};

use crate::{
    call::{Call, FailingCalls, calls},
    cases::cases,
    cut::cuts,
    item::{Item, item},
    meaning::Client,
    parsers::assert_read,
    sending::{Yielded, send, yielding},
};

/// Good items with one between them that fails, after its calls or before any.
fn yielded<'a>(
    before: &'a [Item],
    failing: Option<&'a [Call]>,
    after: &'a Item,
) -> Vec<Yielded<'a>> {
    let mut yielded: Vec<Yielded<'_>> = before.iter().map(|item| Ok(item.encode())).collect();
    yielded.push(match failing {
        Some(calls) => Ok(Box::new(FailingCalls(calls))),
        None => Err("in place of an item".into()),
    });
    yielded.push(Ok(after.encode()));
    yielded
}

#[test]
fn not_even_a_line_end_is_left_of_what_fails() {
    let half = [Call::Name("half".to_owned()), Call::Data("x".to_owned())];
    let items = || {
        let yielded: [Yielded<'_>; 2] = [Ok(Box::new("good")), Ok(Box::new(FailingCalls(&half)))];
        stream::iter(yielded)
    };
    let sent = send(EventStream::new(items()));
    assert_eq!(sent.bytes(), b"data: good\n\n");
    let sent = send(EventStream::new(items()).error_event(|_| Event::default()));
    assert_eq!(sent.bytes(), b"data: good\n\n");
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn an_event_in_place_of_an_error_comes_after_all_before(
        before in vec(item(), 0..4),
        failing in prop::option::weighted(0.8, calls()),
        after in item(),
        frame_size in 0..200usize,
        pauses in vec(any::<bool>(), 0..6),
        cuts in cuts(),
    ) {
        let items = yielding(yielded(&before, failing.as_deref(), &after), pauses);
        let body = EventStream::new(items)
            .frame_size(frame_size)
            .error_event(|error| Event::new(error.into_inner().to_string()).id(7));
        let sent = send(body);
        prop_assert!(sent.error.is_none());

        let text = match failing {
            Some(_) => "after the fields",
            None => "in place of an item",
        };
        let last = vec![Call::Data(text.to_owned()), Call::Id("7".to_owned())];
        let meant = before.iter().map(Item::calls).chain([last]);
        assert_read(&sent.bytes(), &cuts, &Client::after(meant));
    }

    #[test]
    fn a_failure_comes_after_all_before(
        before in vec(item(), 0..4),
        failing in prop::option::weighted(0.8, calls()),
        after in item(),
        frame_size in 0..200usize,
        pauses in vec(any::<bool>(), 0..6),
        cuts in cuts(),
    ) {
        let items = yielding(yielded(&before, failing.as_deref(), &after), pauses);
        let sent = send(EventStream::new(items).frame_size(frame_size));
        let bytes = sent.bytes();
        prop_assert_eq!(sent.error.unwrap().is_encode(), failing.is_some());
        assert_read(&bytes, &cuts, &Client::after(before.iter().map(Item::calls)));
    }
}
