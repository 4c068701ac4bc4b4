//! The facts about the wire format, one by one, as bytes.
//!
//! Row 14 is the layer's, and so is what rows 1 and 7 say of streams of others: see `adopt`.

use std::time::Duration;

use bytes::Bytes;
use futures::stream;
use tower_sse::{EncodedEvent, Event, EventId, EventName, EventStream};

use crate::sending::send;

fn written(event: Event) -> String {
    let event = EncodedEvent::from(event);
    String::from_utf8(event.as_bytes().to_vec()).unwrap()
}

#[test]
fn row_1_a_byte_order_mark_is_never_sent_of_our_own_but_kept_in_data() {
    assert_eq!(written(Event::new("\u{feff}a")), "data: \u{feff}a\n\n");
    let event = Event::new(Bytes::from_static(b"\xff"));
    assert_eq!(EncodedEvent::from(event).as_bytes(), b"data: \xff\n\n");
}

#[test]
fn row_2_lf_and_cr_and_crlf_end_a_line_and_crlf_is_one_end() {
    assert_eq!(written(Event::new("a\r\nb")), "data: a\ndata: b\n\n");
    assert_eq!(
        written(Event::new("a\nb\rc\r\n\rd\n\r\n")),
        "data: a\ndata: b\ndata: c\ndata: \ndata: d\ndata: \ndata: \n\n"
    );
}

#[test]
fn row_3_other_line_ends_of_unicode_end_no_line() {
    let text = "a\u{2028}b\u{2029}c\u{85}d\u{b}e\u{c}f";
    assert_eq!(written(Event::new(text)), format!("data: {text}\n\n"));
}

#[test]
fn row_4_one_space_follows_the_colon_and_the_values_own_stay() {
    let event = Event::new("  a ").name(EventName::from_static(" n "));
    assert_eq!(written(event), "event:  n \ndata:   a \n\n");
    assert_eq!(written(Event::new(":a")), "data: :a\n\n");
}

#[test]
fn row_5_k_line_ends_make_k_plus_1_lines_and_the_last_end_survives() {
    assert_eq!(written(Event::new("a\n")), "data: a\ndata: \n\n");
    assert_eq!(written(Event::new("\n\n")), "data: \ndata: \ndata: \n\n");
}

#[test]
fn row_6_empty_data_is_a_line_and_no_data_is_none() {
    assert_eq!(written(Event::new("")), "data: \n\n");
    assert_eq!(written(Event::default().id(1)), "id: 1\n\n");
    assert_eq!(written(Event::default()), "");
}

#[test]
fn row_7_every_event_ends_with_a_blank_line_also_the_last() {
    let items = ["a", "b\n"].map(Event::new);
    let body = EventStream::new(stream::iter(items)).final_event(Event::close());
    assert_eq!(
        send(body).bytes(),
        b"data: a\n\ndata: b\ndata: \n\nevent: close\ndata: \n\n"
    );
}

#[test]
fn row_8_a_checkpoint_is_a_named_event_with_empty_data() {
    assert_eq!(
        written(Event::checkpoint(7)),
        "event: checkpoint\nid: 7\ndata: \n\n"
    );
}

#[test]
fn row_9_the_empty_id_can_be_said_and_no_id_can_be_misread() {
    assert_eq!(
        written(Event::new("a").id(EventId::EMPTY)),
        "id: \ndata: a\n\n"
    );
    for bad in [
        "\0", "a\n", "\r", "\t1", "1\u{1f}", "\u{7f}", "\u{9f}", " 1", "1 ",
    ] {
        assert!(EventId::try_from(bad).is_err(), "{bad:?}");
    }
    assert!(EventId::try_from("1".repeat(4096)).is_ok());
    assert!(EventId::try_from("1".repeat(4097)).is_err());
}

#[test]
fn row_10_a_name_is_not_empty_and_has_no_cr_lf_or_nul() {
    for bad in ["", "a\n", "\ra", "\0"] {
        assert!(EventName::try_from(bad).is_err(), "{bad:?}");
    }
    let name = EventName::from_static("error");
    assert_eq!(
        written(Event::new("").name(name)),
        "event: error\ndata: \n\n"
    );
}

#[test]
fn row_11_retry_is_in_whole_milliseconds_and_bounded() {
    let retry = |time| written(Event::default().retry(time));
    assert_eq!(retry(Duration::ZERO), "retry: 0\n\n");
    assert_eq!(retry(Duration::from_nanos(1)), "retry: 1\n\n");
    assert_eq!(retry(Duration::from_micros(1_001)), "retry: 2\n\n");
    assert_eq!(retry(Duration::from_secs(3)), "retry: 3000\n\n");
    let longest = Duration::from_millis(2_147_483_647);
    assert_eq!(retry(longest), "retry: 2147483647\n\n");
    assert_eq!(
        retry(longest + Duration::from_nanos(1)),
        "retry: 2147483647\n\n"
    );
    assert_eq!(retry(Duration::MAX), "retry: 2147483647\n\n");
}

#[test]
fn row_12_every_line_of_a_comment_is_a_comment_line() {
    let event = Event::default()
        .comment("a\r\nb\rdata: c\n\nd\n")
        .comment("");
    assert_eq!(written(event), ": a\n: b\n: data: c\n:\n: d\n:\n:\n\n");
}

#[test]
fn row_13_field_names_are_in_lower_case() {
    let event = Event::new("D")
        .name(EventName::from_static("N"))
        .id(EventId::from_static("I"))
        .retry(Duration::from_secs(1));
    assert_eq!(written(event), "event: N\nid: I\nretry: 1000\ndata: D\n\n");
}
