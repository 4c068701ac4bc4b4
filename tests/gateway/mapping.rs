//! Events of a body that are kept, dropped and replaced.

use tower_sse::{Event, EventAction, EventMapBody, EventName, OversizePolicy, RawEvent};

use crate::bodies::*;

fn keep(_: RawEvent<'_>) -> EventAction {
    EventAction::Keep
}

/// Drops `drop`, replaces `replace`, and keeps all else.
fn by_data(event: RawEvent<'_>) -> EventAction {
    match event.data().as_deref() {
        Some("drop") => EventAction::Drop,
        Some("replace") => EventAction::replace(Event::new("new")),
        _ => EventAction::Keep,
    }
}

/// Streams with everything that may be in one, by each kind of line end.
fn streams() -> Vec<String> {
    let text = "\u{feff}: hello\nretry: 5\nevent: joined\nid: 1\ndata: one\ndata\n: within\n\n\
                id: 2\n\n\n:\n\ndata:two\n\ndata: \u{2028}é\n\ndata: unfinished";
    let ends = ["\n", "\r", "\r\n"];
    ends.map(|end| text.replace('\n', end)).into()
}

#[tokio::test]
async fn what_is_kept_stays_byte_for_byte_however_it_is_cut() {
    for stream in streams() {
        for first in 0..=stream.len() {
            for second in first..=stream.len() {
                let bytes = stream.as_bytes();
                let parts = [&bytes[..first], &bytes[first..second], &bytes[second..]];
                let body = EventMapBody::new(chunks(parts.map(<[u8]>::to_vec)), keep);
                assert_eq!(text(body).await, stream, "cut at {first} and {second}");
            }
        }
    }
}

#[tokio::test]
async fn the_closure_gets_each_event_once_however_it_is_cut() {
    let seen = |body: Acting| async move {
        let mut seen = Vec::new();
        let body = EventMapBody::new(body, |event| {
            let data = event.data().map(|data| data.into_owned());
            let id = event.id().map(|id| id.into_owned());
            seen.push((event.name().into_owned(), data, id));
            EventAction::Keep
        });
        text(body).await;
        seen
    };
    let event = |name: &str, data: Option<&str>, id: Option<&str>| {
        (
            name.to_owned(),
            data.map(str::to_owned),
            id.map(str::to_owned),
        )
    };
    let expected = [
        event("joined", Some("one\n"), Some("1")),
        event("message", None, Some("2")),
        event("message", Some("two"), None),
        event("message", Some("\u{2028}é"), None),
    ];
    for stream in streams() {
        for cut in 0..=stream.len() {
            let (left, right) = stream.as_bytes().split_at(cut);
            let body = chunks([left.to_vec(), right.to_vec()]);
            assert_eq!(seen(body).await, expected, "cut at {cut}");
        }
    }
}

#[tokio::test]
async fn events_are_dropped_and_replaced_however_they_are_cut() {
    let stream =
        "data: a\n\ndata: drop\n\nid: 5\ndata: replace\n\n: c\n\ndata: b\n\ndata: drop\n\n";
    let kept = ["data: a\n\n", ": c\n\n", "data: b\n\n"];
    for end in ["\n", "\r", "\r\n"] {
        let stream = stream.replace('\n', end);
        let [a, c, b] = kept.map(|text| text.replace('\n', end));
        let expected = format!("{a}data: new\n\n{c}{b}");
        for cut in 0..=stream.len() {
            let (left, right) = stream.as_bytes().split_at(cut);
            let body = EventMapBody::new(chunks([left.to_vec(), right.to_vec()]), by_data);
            assert_eq!(text(body).await, expected, "cut at {cut} of {stream:?}");
        }
    }
}

#[tokio::test]
async fn a_cr_at_the_end_of_a_chunk_ends_an_event_at_once() {
    let (feed, body) = fed();
    let mut body = EventMapBody::new(body, by_data);
    feed.data("data: x\r\n\r");
    assert_eq!(next(&mut body).await.unwrap(), "data: x\r\n\r");
    feed.data("\ndata: drop\r\n\r");
    assert_eq!(next(&mut body).await.unwrap(), "\n");
    // It is the end of an event that is gone.
    feed.data("\ndata: y\r\n\r\n");
    assert_eq!(next(&mut body).await.unwrap(), "data: y\r\n\r\n");
}

#[tokio::test]
async fn heartbeats_of_the_stream_inside_wait_for_no_event() {
    let (feed, body) = fed();
    let mut body = EventMapBody::new(body, keep);
    feed.data(":\n");
    assert_eq!(next(&mut body).await.unwrap(), ":\n");
    feed.data("data: x\n");
    assert!(is_silent(&mut body));
    feed.data(": beat\n");
    assert!(is_silent(&mut body), "within an event a part of it");
    feed.data("\n");
    assert_eq!(next(&mut body).await.unwrap(), "data: x\n: beat\n\n");
}

#[tokio::test]
async fn an_event_goes_with_its_other_fields() {
    let stream = "retry: 9\nid: 5\nevent: e\ndata: drop\n\ndata: x\n\n";
    let body = EventMapBody::new(chunks([stream]), by_data);
    assert_eq!(text(body).await, "data: x\n\n");
}

#[tokio::test]
async fn several_events_may_replace_one() {
    struct Two;

    impl tower_sse::EncodeEvent for Two {
        fn encode(&self, encoder: &mut tower_sse::Encoder) -> Result<(), tower_sse::BoxError> {
            encoder
                .name(&EventName::from_static("next"))
                .data("1")
                .end_event();
            encoder.name(&EventName::from_static("complete")).data("");
            Ok(())
        }
    }

    let two = tower_sse::EncodedEvent::new(&Two).unwrap();
    let body = EventMapBody::new(chunks(["data: x\n\n"]), |_| {
        EventAction::Replace(two.clone())
    });
    assert_eq!(
        text(body).await,
        "event: next\ndata: 1\n\nevent: complete\ndata: \n\n"
    );
}

#[tokio::test]
async fn a_byte_order_mark_stays_when_the_first_event_goes() {
    // Otherwise a client would take the next one for it.
    let stream = "\u{feff}data: drop\n\n\u{feff}data: x\n\n";
    let body = EventMapBody::new(chunks([stream]), by_data);
    assert_eq!(text(body).await, "\u{feff}\u{feff}data: x\n\n");
}

#[tokio::test]
async fn what_resembles_a_byte_order_mark_does_not_become_one_at_the_start() {
    // No field has that name, until a client takes a part of it for a mark.
    let stream = "data: drop\n\ndata: drop\n\n\u{feff}data: x\n\n\u{feff}data: y\n\n";
    for cut in 0..=stream.len() {
        let (left, right) = stream.as_bytes().split_at(cut);
        let body = EventMapBody::new(chunks([left.to_vec(), right.to_vec()]), by_data);
        let expected = "\u{feff}\u{feff}data: x\n\n\u{feff}data: y\n\n";
        assert_eq!(text(body).await, expected, "cut at {cut}");
    }
}

#[tokio::test]
async fn an_event_that_is_too_large_passes_through() {
    let stream = "data: a\n\ndata: 123456789\n\ndata: b\n\n";
    for cut in 0..=stream.len() {
        let mut seen = Vec::new();
        let body = EventMapBody::new(chunks([&stream[..cut], &stream[cut..]]), |event| {
            seen.push(event.data().unwrap().into_owned());
            EventAction::Drop
        });
        let body = body.max_event_size(16, OversizePolicy::pass_through());
        assert_eq!(text(body).await, "data: 123456789\n\n", "cut at {cut}");
        assert_eq!(seen, ["a", "b"], "cut at {cut}");
    }
}

#[tokio::test]
async fn an_event_of_the_largest_size_is_not_too_large() {
    let stream = "data: 123456789\n\n";
    let body = EventMapBody::new(chunks([stream]), |_| EventAction::Drop);
    let body = body.max_event_size(stream.len(), OversizePolicy::fail());
    assert_eq!(text(body).await, "");
}

#[tokio::test]
async fn the_default_size_is_a_mebibyte() {
    let mut seen = 0;
    for (len, expected) in [(1 << 20, 1), ((1 << 20) + 1, 0)] {
        let event = format!("data: {}\n\n", "x".repeat(len - "data: \n\n".len()));
        let body = EventMapBody::new(chunks([event.clone()]), |_| {
            seen += 1;
            EventAction::Keep
        });
        assert!(text(body).await == event);
        assert_eq!(std::mem::take(&mut seen), expected);
    }
}
