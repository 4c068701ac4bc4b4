//! Texts that are hard on an encoder.

use proptest::{collection::vec, prelude::*};

/// What ends a line, what looks as if it did, and what looks like a field.
const HARD: [&str; 22] = [
    "\r",
    "\n",
    "\r\n",
    "\n\r",
    "\0",
    "\u{2028}",
    "\u{2029}",
    "\u{85}",
    "\u{b}",
    "\u{c}",
    "\u{feff}",
    "😀",
    "é",
    ":",
    ": ",
    " ",
    "\t",
    "data: forged",
    "event: forged",
    "id: forged",
    "retry: 1",
    "\n\n",
];

pub(crate) fn text() -> impl Strategy<Value = String> {
    let hard = prop::sample::select(&HARD[..]).prop_map(str::to_owned);
    let piece = prop_oneof![
        4 => hard,
        1 => any::<char>().prop_map(String::from),
        1 => "[a-z]{1,30}",
    ];
    vec(piece, 0..10).prop_map(|pieces| pieces.concat())
}

/// Texts that can be the name of an event: some text, but no CR, LF or NUL.
pub(crate) fn name() -> impl Strategy<Value = String> {
    text().prop_map(|text| {
        let name = text.replace(['\r', '\n', '\0'], "");
        if name.is_empty() {
            "tick".to_owned()
        } else {
            name
        }
    })
}

/// Texts that can be an id: no control characters, and no space at either end.
pub(crate) fn id() -> impl Strategy<Value = String> {
    text().prop_map(|text| {
        let id: String = text.chars().filter(|c| !c.is_control()).collect();
        id.trim_matches(' ').to_owned()
    })
}
