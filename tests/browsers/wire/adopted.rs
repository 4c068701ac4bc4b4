use std::{convert::Infallible, io::Write, time::Duration};

use axum::{
    body::{Body, Bytes},
    response::{IntoResponse, Response, Sse, sse},
};
use flate2::{Compression, write::GzEncoder};
use futures::{StreamExt, stream};
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use serde_json::{Value, json};
use tower_sse::{Preamble, SseLayer};

use super::{Case, assert_heard, restless};
use crate::{browser::Browser, engine::Engine};

const LINES: [&str; 26] = [
    "event: tick",
    ": welcome",
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
    "event: tick",
    "event",
    "retry: soon",
    "\u{feff}data: no",
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
                let response = move || in_frames(text.as_bytes(), size);
                cases.push(Case::new(name, response, heard()));
            }
        }
    }
    assert_heard(browser, restless(), cases).await;
}

fn in_frames(bytes: &[u8], size: usize) -> Response {
    let frames: Vec<_> = bytes.chunks(size).map(Bytes::copy_from_slice).collect();
    let frames = stream::iter(frames).then(async |frame| {
        tokio::time::sleep(Duration::from_millis(2)).await;
        Ok::<_, Infallible>(frame)
    });
    let body = Body::from_stream(frames);
    ([(CONTENT_TYPE, "text/event-stream")], body).into_response()
}

pub(super) async fn is_spared_its_faults(browser: &Browser) {
    const EVENT: &str = "data: é\n\n";
    const BOM: &[u8] = "\u{feff}data: é\n\n".as_bytes();

    let one = || json!([["message", "é", ""]]);
    let typed = |name, content_type: &'static str, text: &'static str| {
        Case::new(name, move || ([(CONTENT_TYPE, content_type)], text), one())
    };
    let long = || {
        let headers = [(CONTENT_TYPE, "text/event-stream"), (CONTENT_LENGTH, "10")];
        (headers, EVENT)
    };
    let axum = || {
        let event = sse::Event::default().data("é");
        Sse::new(stream::iter([Ok::<_, Infallible>(event)]))
    };
    let cases = vec![
        typed("a charset", "text/event-stream; charset=utf8", EVENT),
        typed("capitals", "Text/Event-Stream;Charset=ISO-8859-1", EVENT),
        typed("half", "text/event-stream", "data: é\n\ndata: half\n"),
        Case::new("a length", long, one()),
        Case::new("axum's own", axum, one()),
        Case::new("a BOM in three parts", || in_frames(BOM, 1), one()),
    ];
    assert_heard(browser, SseLayer::new(), cases).await;

    // Which only WebKit minds where nothing is put before it.
    let bom = Case::new("a BOM", || in_frames(BOM, 1), one());
    let layer = SseLayer::new().preamble(Preamble::off());
    assert_heard(browser, layer, vec![bom]).await;
}

/// Nothing can be put into it.
pub(super) async fn is_left_alone_when_compressed(browser: &Browser) {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    for event in ["data: one\n\n", "data: two\n\n"] {
        encoder.write_all(event.as_bytes()).unwrap();
        encoder.flush().unwrap();
    }
    let compressed = encoder.finish().unwrap();
    let response = move || ([(CONTENT_ENCODING, "gzip")], in_frames(&compressed, 2));
    let heard = json!([["message", "one", ""], ["message", "two", ""]]);
    let case = Case::new("gzip", response, heard);
    assert_heard(browser, restless(), vec![case]).await;
}

/// None of them takes it; Firefox loses the whole event.
pub(super) async fn ignores_an_id_with_nul(browser: &Browser) {
    const TEXT: &[u8] = b"id: 7\ndata: a\n\nid: 8\0\ndata: b\n\ndata: c\n\n";

    let mut heard = vec![
        ["message", "a", "7"],
        ["message", "b", "7"],
        ["message", "c", "7"],
    ];
    if browser.engine == Engine::Firefox {
        heard.remove(1);
    }
    let case = Case::new("nul in an id", || in_frames(TEXT, usize::MAX), json!(heard));
    assert_heard(browser, SseLayer::new(), vec![case]).await;
}
