use std::time::Duration;

use axum::response::IntoResponse;
use futures::stream;
use serde::Serialize;
use serde_json::{json, value::RawValue};
use tower_sse::{Event, EventId, EventName, EventStream, Preamble, Retry, SseLayer, SseOptions};

use super::{Case, assert_heard};
use crate::browser::Browser;

const TICK: EventName = EventName::from_static("tick");

pub(super) async fn are_read_as_they_were_given(browser: &Browser) {
    let cases = vec![
        Case::events(
            "names, of one event each",
            [
                Event::new("a").name(TICK),
                Event::new("b"),
                Event::new("c").name(EventName::from_static("message")),
                Event::new("d").name(EventName::from_static("Tick")),
                Event::new("e").name(EventName::from_static(" a: b\u{2028}é")),
            ],
            json!([
                ["tick", "a", ""],
                ["message", "b", ""],
                ["message", "c", ""],
                [" a: b\u{2028}é", "e", ""],
            ]),
        ),
        Case::events(
            "names that look like the connection's own",
            [
                Event::new("a").name(EventName::from_static("error")).id(1),
                Event::new("b").name(EventName::from_static("open")),
            ],
            json!([["error", "a", "1"], ["open", "b", "1"]]),
        ),
        Case::events(
            "ids, which hold until they are taken back",
            [
                Event::new("a"),
                Event::new("b").id(1),
                Event::new("c").name(TICK),
                Event::new("d").id(EventId::try_from("é: 2 🦀").unwrap()),
                Event::new("e").id(EventId::EMPTY),
                Event::new("f"),
            ],
            json!([
                ["message", "a", ""],
                ["message", "b", "1"],
                ["tick", "c", "1"],
                ["message", "d", "é: 2 🦀"],
                ["message", "e", ""],
                ["message", "f", ""],
            ]),
        ),
        Case::events(
            "a checkpoint, which no page sees",
            [Event::checkpoint(5), Event::new("a")],
            json!([["message", "a", "5"]]),
        ),
        Case::events(
            "no data",
            [
                Event::default().name(TICK),
                Event::default().comment("a comment\nalone"),
                Event::default().retry(Duration::from_secs(1)),
                Event::lines([""; 0]).name(TICK),
                Event::new("a").comment("beside data"),
            ],
            json!([["message", "a", ""]]),
        ),
        Case::new(
            "a type",
            tagged,
            json!([["tick", "{\"second\":1}", ""], ["charged", "null", ""]]),
        ),
        Case::new(
            "a last event",
            || EventStream::new(stream::iter(["a"])).final_event(Event::new("[DONE]")),
            json!([["message", "a", ""], ["message", "[DONE]", ""]]),
        ),
        Case::new(
            "a frame for each event",
            || EventStream::new(stream::iter(["a", "b", "c"])).frame_size(0),
            json!([
                ["message", "a", ""],
                ["message", "b", ""],
                ["message", "c", ""]
            ]),
        ),
    ];
    assert_heard(browser, SseLayer::new(), cases).await;
}

#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum Said {
    Tick { second: u32 },
    Charged,
}

fn tagged() -> impl IntoResponse {
    EventStream::tagged(stream::iter([Said::Tick { second: 1 }, Said::Charged]))
}

/// Whatever is put before the first event, and whatever the text is.
pub(super) async fn cannot_be_forged(browser: &Browser) {
    const HOSTILE: &str = "a\r\revent: forged\rdata: b\r\n\r\ndata: c\n\nid: 9\n\n";
    const READ: &str = "a\n\nevent: forged\ndata: b\n\ndata: c\n\nid: 9\n\n";

    let raw = RawValue::from_string("[\r\n\n1,\r2\r\r]".to_owned()).unwrap();
    let raw = move || EventStream::json(stream::iter([raw.clone()]));
    let raw = Case::new("raw JSON", raw, json!([["message", "[\n\n1,\n2\n\n]", ""]]));
    assert_heard(browser, SseLayer::new(), vec![raw]).await;

    let case = |preamble: Preamble| {
        let response = move || {
            // These do not take it.
            let name = EventName::try_from(HOSTILE).unwrap_or(TICK);
            let id = EventId::try_from(HOSTILE).unwrap_or(1.into());
            let event = Event::new(HOSTILE).comment(HOSTILE).name(name).id(id);
            let options = SseOptions::new().preamble(preamble);
            (options, EventStream::new(stream::iter([event])))
        };
        Case::new("hostile text", response, json!([["tick", READ, "1"]]))
    };
    let preambles = [Preamble::line(), Preamble::guarded(), Preamble::off()];
    for retry in [Retry::default(), Retry::off()] {
        let cases = preambles.into_iter().map(case).collect();
        assert_heard(browser, SseLayer::new().retry(retry), cases).await;
    }
}
