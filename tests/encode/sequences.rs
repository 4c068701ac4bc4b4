//! Several items, of all kinds, in frames of any size.

use proptest::{collection::vec, option, prelude::*};
use tower_sse::{EncodedEvent, EventStream};

use crate::{
    call::{Calls, calls},
    cases::cases,
    cut::cuts,
    fields::fields,
    item::item,
    meaning::Client,
    parsers::assert_read,
    sending::{send, yielding},
};

fn frame_size() -> impl Strategy<Value = usize> {
    prop_oneof![0..4usize, 1..200usize, Just(16 * 1024)]
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn calls_in_any_order_are_read_as_they_were_meant(calls in calls(), cuts in cuts()) {
        let event = EncodedEvent::new(&Calls(&calls)).unwrap();
        assert_read(event.as_bytes(), &cuts, &Client::after([calls]));
    }

    #[test]
    fn a_stream_is_read_as_it_was_meant(
        items in vec(item(), 0..8),
        closing in option::of(fields()),
        frame_size in frame_size(),
        pauses in vec(any::<bool>(), 0..6),
        cuts in cuts(),
    ) {
        let yielded = items.iter().map(|item| Ok(item.encode())).collect();
        let mut body = EventStream::new(yielding(yielded, pauses)).frame_size(frame_size);
        let mut meant: Vec<_> = items.iter().map(|item| item.calls()).collect();
        if let Some(fields) = closing {
            body = body.final_event(fields.event());
            meant.push(fields.calls());
        }
        let sent = send(body);
        prop_assert!(sent.error.is_none());
        assert_read(&sent.bytes(), &cuts, &Client::after(meant));
    }

    #[test]
    fn every_frame_ends_between_events(
        items in vec(item(), 0..8),
        frame_size in frame_size(),
        pauses in vec(any::<bool>(), 0..6),
    ) {
        let yielded = items.iter().map(|item| Ok(item.encode())).collect();
        let body = EventStream::new(yielding(yielded, pauses)).frame_size(frame_size);
        for frame in send(body).frames {
            prop_assert!(frame.ends_with(b"\n\n"), "{:?}", frame);
        }
    }
}
