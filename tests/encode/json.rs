//! JSON as data, and enums as events.

use std::collections::BTreeMap;

use futures::stream::iter;
use proptest::{collection::vec, prelude::*};
use serde::Serialize;
use serde_json::{Value, json, value::RawValue};
use tower_sse::{
    BoxError, EncodeEvent, EncodedEvent, Encoder, Event, EventName, EventStream, Json, Tagged,
};

use crate::{
    call::Call,
    cases::cases,
    cut::{Cuts, cuts},
    meaning::{Client, Heard},
    parsers::{assert_read, sse_core},
    sending::send,
    text::text,
};

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 20, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            vec((text(), inner), 0..4).prop_map(|entries| entries.into_iter().collect()),
        ]
    })
}

/// JSON that was written by somebody else, with any white space between its tokens.
fn raw() -> impl Strategy<Value = String> {
    let space = || "[ \t\r\n]{0,4}";
    let list = vec((space(), -9..9i32, space()), 1..6);
    (list, "[a-z\u{2028}\u{85}]{0,3}").prop_map(|(list, text)| {
        let numbers: Vec<_> = list.iter().map(|(a, n, b)| format!("{a}{n}{b}")).collect();
        format!("[{},\"{text}\"]", numbers.join(","))
    })
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
enum Notice {
    ShutDown,
    Message(String),
    Joined {
        user: String,
        values: Vec<Value>,
    },
    Moved(i32, String),
    #[serde(rename = " : ünd\u{2028}")]
    Odd(Value),
}

impl Notice {
    /// Returns the name and the value that a page gets of it.
    fn meant(&self) -> (&str, Value) {
        match self {
            Self::ShutDown => ("shut_down", Value::Null),
            Self::Message(text) => ("message", json!(text)),
            Self::Joined { user, values } => ("joined", json!({"user": user, "values": values})),
            Self::Moved(by, text) => ("moved", json!([by, text])),
            Self::Odd(value) => (" : ünd\u{2028}", value.clone()),
        }
    }
}

fn notice() -> impl Strategy<Value = Notice> {
    prop_oneof![
        Just(Notice::ShutDown),
        text().prop_map(Notice::Message),
        (text(), vec(value(), 0..3)).prop_map(|(user, values)| Notice::Joined { user, values }),
        (any::<i32>(), text()).prop_map(|(by, text)| Notice::Moved(by, text)),
        value().prop_map(Notice::Odd),
    ]
}

/// What clients read in these bytes, of which all agree; parsed as JSON.
fn read(bytes: &[u8], cuts: &Cuts) -> Vec<(String, Value)> {
    let client = sse_core(&cuts.of(bytes));
    assert_read(bytes, &Cuts::whole(), &client);
    let parsed = |heard: Heard| (heard.name, serde_json::from_str(&heard.data).unwrap());
    client.heard.into_iter().map(parsed).collect()
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn values_are_read_as_the_same_values(values in vec(value(), 0..5), cuts in cuts()) {
        let sent = send(EventStream::json(iter(&values)));
        let meant: Vec<_> = values.into_iter().map(|v| ("message".to_owned(), v)).collect();
        prop_assert_eq!(read(&sent.bytes(), &cuts), meant);
    }

    #[test]
    fn raw_values_keep_their_lines(raw in raw(), cuts in cuts()) {
        let value = RawValue::from_string(raw.clone()).unwrap();
        let event = EncodedEvent::new(&Json(&value)).unwrap();
        prop_assert_eq!(&EncodedEvent::from(Event::json(&value).unwrap()), &event);
        let sent = raw.replace('\u{2028}', r"\u2028").replace('\u{85}', r"\u0085");
        assert_read(event.as_bytes(), &cuts, &Client::after([[Call::Data(sent)]]));
    }

    #[test]
    fn enums_are_read_as_named_events(notices in vec(notice(), 0..5), cuts in cuts()) {
        let sent = send(EventStream::tagged(iter(&notices)));
        let meant: Vec<_> = notices.iter().map(Notice::meant).collect();
        let meant: Vec<_> = meant.into_iter().map(|(name, v)| (name.to_owned(), v)).collect();
        prop_assert_eq!(read(&sent.bytes(), &cuts), meant);
        for notice in &notices {
            let event = EncodedEvent::from(Event::tagged(notice).unwrap());
            prop_assert_eq!(event, EncodedEvent::new(&Tagged(notice)).unwrap());
        }
    }
}

/// Tries JSON that fails after its first value, between two data fields.
struct Patient(Value);

impl EncodeEvent for Patient {
    fn encode(&self, encoder: &mut Encoder) -> Result<(), BoxError> {
        const PATIENT: EventName = EventName::from_static("patient");
        let failing = (1, BTreeMap::from([((), ())]));
        encoder.name(&PATIENT).data("[");
        assert!(encoder.json(&failing).is_err());
        encoder.json(&self.0)?.data("]");
        Ok(())
    }
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn json_that_fails_leaves_nothing_between_other_fields(value in value(), cuts in cuts()) {
        let event = EncodedEvent::new(&Patient(value.clone())).unwrap();
        let meant = vec![("patient".to_owned(), json!([value]))];
        prop_assert_eq!(read(event.as_bytes(), &cuts), meant);
    }
}

/// A client that ends lines as Python's `splitlines` does (Unicode's rules, UAX 14, for NEL, LS and PS).
fn split_lines(text: &str) -> Vec<&str> {
    text.split(['\n', '\u{85}', '\u{2028}', '\u{2029}'])
        .collect()
}

#[test]
fn what_ends_lines_by_the_rules_of_a_language_is_escaped() {
    let nested = json!({"\u{2028}": ["\u{2029}", {"\u{85}a\u{85}": "é\u{2028}"}]});
    let map = r#"{"\u2028":["\u2029",{"\u0085a\u0085":"é\u2028"}]}"#;
    let raw = RawValue::from_string("[\"\u{2028}\"]".to_owned()).unwrap();
    let plain = "\u{85}\u{2028}";
    let events = [
        (
            EncodedEvent::new(&Json(&nested)).unwrap(),
            format!("data: {map}\n\n"),
        ),
        (
            Event::json(&nested).unwrap().into(),
            format!("data: {map}\n\n"),
        ),
        (
            EncodedEvent::new(&Json(raw)).unwrap(),
            "data: [\"\\u2028\"]\n\n".to_owned(),
        ),
        (
            EncodedEvent::new(&Tagged(Notice::Message(plain.to_owned()))).unwrap(),
            "event: message\ndata: \"\\u0085\\u2028\"\n\n".to_owned(),
        ),
        (
            Event::tagged(&Notice::Moved(1, plain.to_owned()))
                .unwrap()
                .into(),
            "event: moved\ndata: [1,\"\\u0085\\u2028\"]\n\n".to_owned(),
        ),
        // What is no JSON stays as it is.
        (Event::new(plain).into(), format!("data: {plain}\n\n")),
    ];
    for (event, wire) in &events {
        assert_eq!(std::str::from_utf8(event.as_bytes()).unwrap(), wire);
    }
    let sent = send(EventStream::json(iter(vec![&nested; 3]))).bytes();
    let lines = std::str::from_utf8(&sent).unwrap();
    assert_eq!(split_lines(lines), lines.split('\n').collect::<Vec<_>>());
    assert_eq!(lines, format!("data: {map}\n\n").repeat(3));
}

#[test]
fn what_is_escaped_may_stand_at_any_place_of_a_frame() {
    for len in (0..40).chain(16_340..16_400) {
        let text = format!("{}\u{2028}", "x".repeat(len));
        let sent = send(EventStream::json(iter([&text, &text]))).bytes();
        let wire = format!("data: \"{}\\u2028\"\n\n", "x".repeat(len));
        assert_eq!(std::str::from_utf8(&sent).unwrap(), wire.repeat(2));
    }
}

#[test]
fn an_enum_that_fails_ends_the_stream_without_a_byte() {
    #[derive(Serialize)]
    enum Failing {
        Good(u8),
        Bad(u8, BTreeMap<(), ()>),
    }
    let bad = Failing::Bad(1, BTreeMap::from([((), ())]));
    let items = iter([Failing::Good(1), bad, Failing::Good(2)]);
    let body = EventStream::tagged(items).error_event(|_| Event::new("sorry"));
    assert_eq!(
        send(body).bytes(),
        b"event: Good\ndata: 1\n\ndata: sorry\n\n"
    );
}
