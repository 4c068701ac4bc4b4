use serde_json::json;
use tower_sse::{Event, SseLayer};

use super::{Case, assert_heard};
use crate::{browser::Browser, engine::Engine};

/// Data, and what a page reads of it.
const TEXTS: [(&str, &str); 22] = [
    ("", ""),
    ("a\nb", "a\nb"),
    ("a\rb", "a\nb"),
    ("a\r\nb", "a\nb"),
    ("a\n\rb", "a\n\nb"),
    ("a\r\r\nb\n\nc", "a\n\nb\n\nc"),
    ("a\n", "a\n"),
    ("a\n\n", "a\n\n"),
    ("a\r", "a\n"),
    ("a\r\n", "a\n"),
    ("\n", "\n"),
    ("\r\n\r\n", "\n\n"),
    ("\na", "\na"),
    (" a", " a"),
    ("  a\n b\n\tc", "  a\n b\n\tc"),
    (" ", " "),
    ("a ", "a "),
    (":a: b", ":a: b"),
    (
        "a\u{2028}b\u{2029}c\u{85}d\u{b}e\u{c}f",
        "a\u{2028}b\u{2029}c\u{85}d\u{b}e\u{c}f",
    ),
    ("\u{feff}a", "\u{feff}a"),
    (
        "žluťoučký kůň, Ελλάδα, 日本語, 🦀, e\u{301}, \u{10ffff}",
        "žluťoučký kůň, Ελλάδα, 日本語, 🦀, e\u{301}, \u{10ffff}",
    ),
    (
        "data: x\nid: 1\nevent: forged\nretry: 1\n\n",
        "data: x\nid: 1\nevent: forged\nretry: 1\n\n",
    ),
];

pub(super) async fn is_read_as_it_was_given(browser: &Browser) {
    let case = |(data, heard): (&'static str, &str)| {
        let heard = json!([["message", heard, ""], ["message", "next", ""]]);
        Case::events(data, [Event::new(data), Event::new("next")], heard)
    };
    let mut cases: Vec<_> = TEXTS.into_iter().map(case).collect();
    let all = TEXTS.map(|(data, _)| Event::new(data));
    let heard = TEXTS.map(|(_, heard)| ["message", heard, ""]);
    cases.push(Case::events("all of them", all, json!(heard)));
    let lines = Event::lines(["a", "", " b", "c\r"]);
    let heard = json!([["message", "a\n\n b\nc\n", ""]]);
    cases.push(Case::events("lines", [lines], heard));
    assert_heard(browser, SseLayer::new(), cases).await;
}

pub(super) async fn keeps_nul_but_in_firefox(browser: &Browser) {
    let heard = match browser.engine {
        Engine::Firefox => "ab",
        Engine::Chromium | Engine::WebKit => "a\0b",
    };
    let heard = json!([["message", heard, ""]]);
    let case = Case::events("nul", [Event::new("a\0b")], heard);
    assert_heard(browser, SseLayer::new(), vec![case]).await;
}
