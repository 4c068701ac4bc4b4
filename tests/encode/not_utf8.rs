//! Data that is not UTF-8. Only `sse-core` reads it; `sse-stream` fails at it.

use bytes::Bytes;
use proptest::{collection::vec, prelude::*};
use tower_sse::{EncodedEvent, Event};

use crate::{
    cases::cases,
    cut::cuts,
    meaning::{Client, Heard, normalized},
    parsers::sse_core,
};

/// Bytes of sequences that are broken off, and line ends between them.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let hard = b"\r\n\0 :a\x80\xbb\xbf\xc2\xe2\xef\xf0\x9f\xff";
    vec(
        prop_oneof![prop::sample::select(&hard[..]), any::<u8>()],
        0..40,
    )
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn is_read_with_replacement_characters(bytes in bytes(), cuts in cuts()) {
        let event = EncodedEvent::from(Event::new(Bytes::from(bytes.clone())).id(1));
        let heard = Heard {
            name: "message".to_owned(),
            // No byte of a longer sequence is a line end, so it does not matter what comes first.
            data: normalized(&String::from_utf8_lossy(&bytes)),
            id: "1".to_owned(),
            retry: None,
        };
        let client = Client { heard: vec![heard], id: "1".to_owned(), retry: None };
        prop_assert_eq!(sse_core(&cuts.of(event.as_bytes())), client);
    }
}
