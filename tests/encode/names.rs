//! Which texts are names and ids: exactly those that cannot break out of their line, and that
//! every client reads alike.

use proptest::prelude::*;
use tower_sse::{EncodedEvent, Event, EventId, EventName};

use crate::{
    cases::cases,
    cut::Cuts,
    meaning::{Client, Heard},
    parsers::assert_read,
    text::{id, text},
};

/// Texts of which about half are good: any, and good ones with something added at either end.
fn doubtful() -> impl Strategy<Value = String> {
    let more = || prop::sample::select(&["", "", "", " ", "\t", "\0", "\u{9f}", "\u{a0}"][..]);
    let edged = (more(), id(), more()).prop_map(|(a, id, b)| format!("{a}{id}{b}"));
    prop_oneof![1 => text(), 3 => edged]
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn a_name_is_any_text_on_one_line_without_nul(text in doubtful()) {
        let good = !text.is_empty() && !text.contains(['\r', '\n', '\0']);
        let name = EventName::try_from(text.as_str());
        prop_assert_eq!(name.is_ok(), good);
        let Ok(name) = name else { return Ok(()) };

        let event = EncodedEvent::from(Event::new("").name(name));
        let heard = Heard { name: text, ..Heard::default() };
        let client = Client { heard: vec![heard], ..Client::default() };
        assert_read(event.as_bytes(), &Cuts::whole(), &client);
    }

    #[test]
    fn an_id_is_any_text_without_controls_and_outer_spaces(text in doubtful()) {
        let good = !text.contains(char::is_control) && text.trim_matches(' ') == text;
        let id = EventId::try_from(text.as_str());
        prop_assert_eq!(id.is_ok(), good);
        let Ok(id) = id else { return Ok(()) };

        let event = EncodedEvent::from(Event::default().id(id));
        let client = Client { id: text, ..Client::default() };
        assert_read(event.as_bytes(), &Cuts::whole(), &client);
    }

    #[test]
    fn what_is_rejected_is_rejected_at_its_first_bad_byte(text in doubtful()) {
        let bad = text.find(['\r', '\n', '\0']);
        let error = EventName::try_from(text.as_str()).err();
        prop_assert_eq!(error.as_ref().and_then(|error| error.position()), bad);
        let byte = bad.map(|position| text.as_bytes()[position]);
        prop_assert_eq!(error.and_then(|error| error.byte()), byte);
    }
}
