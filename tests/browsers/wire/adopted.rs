use std::{convert::Infallible, time::Duration};

use axum::{
    body::{Body, Bytes},
    response::{IntoResponse, Response, Sse, sse},
};
use futures::{StreamExt, stream};
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use serde_json::{Value, json};
use tower_sse::{Preamble, SseLayer};

use super::{Case, assert_heard, restless};
use crate::browser::Browser;

const LINES: [&str; 22] = [
    ": welcome",
    "event: tick",
    "id: 1",
    "data: one",
    "data:two",
    "data",
    "",
    "data:  three",
    ": within",
    "junk: yes",
    "Data: no",
    "",
    ":",
    "",
    "event: tick",
    "",
    "data:",
    "id",
    "",
    "data: é\u{2028}",
    "",
    "data: never",
];

fn heard() -> Value {
    json!([
        ["tick", "one\ntwo\n", "1"],
        ["message", " three", "1"],
        ["message", "", ""],
        ["message", "é\u{2028}", ""],
    ])
}

/// Each kind of line end, alone and mixed.
const ENDS: [(&str, &[&str]); 5] = [
    ("LF", &["\n"]),
    ("CR", &["\r"]),
    ("CRLF", &["\r\n"]),
    ("LF and CRLF", &["\n", "\r\n"]),
    ("CR and CRLF", &["\r", "\r\n"]),
];

/// With and without a BOM, whole and in frames of a few bytes, with heartbeats between them.
pub(super) async fn is_read_whatever_its_lines_and_frames(browser: &Browser) {
    let mut cases = Vec::new();
    for (name, ends) in ENDS {
        for bom in ["", "\u{feff}"] {
            for size in [1, 2, 7, usize::MAX] {
                let lines = LINES.iter().zip(ends.iter().cycle());
                let text: String = lines.flat_map(|(line, end)| [*line, *end]).collect();
                // Its last line has no end.
                let text = bom.to_owned() + text.trim_end_matches(['\r', '\n']);
                let response = move || in_frames(&text, size);
                cases.push(Case::new(name, response, heard()));
            }
        }
    }
    assert_heard(browser, restless(), cases).await;
}

fn in_frames(text: &str, size: usize) -> Response {
    let frames: Vec<_> = text
        .as_bytes()
        .chunks(size)
        .map(Bytes::copy_from_slice)
        .collect();
    let frames = stream::iter(frames).then(async |frame| {
        tokio::time::sleep(Duration::from_millis(2)).await;
        Ok::<_, Infallible>(frame)
    });
    let body = Body::from_stream(frames);
    ([(CONTENT_TYPE, "text/event-stream")], body).into_response()
}

pub(super) async fn is_spared_its_faults(browser: &Browser) {
    let one = || json!([["message", "é", ""]]);
    let event = "data: é\n\n";
    let cases = vec![
        Case::new(
            "a wrong charset",
            move || {
                (
                    [(CONTENT_TYPE, "text/event-stream; charset=iso-8859-1")],
                    event,
                )
            },
            one(),
        ),
        Case::new(
            "a length",
            move || {
                (
                    [(CONTENT_TYPE, "text/event-stream"), (CONTENT_LENGTH, "10")],
                    event,
                )
            },
            one(),
        ),
        Case::new(
            "a name in capitals",
            move || ([(CONTENT_TYPE, "Text/Event-Stream")], event),
            one(),
        ),
        Case::new(
            "axum's own",
            || {
                let event = sse::Event::default().data("é");
                Sse::new(stream::iter([Ok::<_, Infallible>(event)]))
            },
            one(),
        ),
        Case::new(
            "half an event",
            || {
                (
                    [(CONTENT_TYPE, "text/event-stream")],
                    "data: é\n\ndata: half\n",
                )
            },
            one(),
        ),
        Case::new(
            "a BOM in three parts",
            || in_frames("\u{feff}data: é\n\n", 1),
            one(),
        ),
    ];
    assert_heard(browser, SseLayer::new(), cases).await;

    // Which only WebKit minds where nothing is put before it.
    let bom = Case::new("a BOM", || in_frames("\u{feff}data: é\n\n", 1), one());
    let layer = SseLayer::new().preamble(Preamble::off());
    assert_heard(browser, layer, vec![bom]).await;
}
