//! The charset, and the characters besides CR and LF at which Python ends lines.

use futures::future::join_all;
use serde_json::{Value, json};

use super::{
    clients::lines_of_python,
    server::{Answer, Server},
};

const CONTENT_TYPES: [&str; 2] = ["text/event-stream", "text/event-stream; charset=utf-8"];

/// Streams of one event, with the value in its JSON, and that value if its UTF-8 is read as Latin-1.
const STREAMS: [(&str, &str, &str); 3] = [
    (
        "data: {\"a\":\"x\u{2028}y\u{85}z\"}\n\n",
        "x\u{2028}y\u{85}z",
        "x\u{e2}\u{80}\u{a8}y\u{c2}\u{85}z",
    ),
    (
        "data: {\"a\":\"x\\u2028y\\u0085z\"}\n\n",
        "x\u{2028}y\u{85}z",
        "none",
    ),
    // In UTF-8 this letter has a byte that ends a line in Latin-1.
    ("data: {\"a\":\"Å\"}\n\n", "Å", "\u{c3}\u{85}"),
];

/// What is made of a stream.
#[derive(Clone, Copy, Debug)]
enum Found {
    /// The value.
    Right,
    /// The value, with its UTF-8 taken for Latin-1.
    Latin,
    /// JSON that is cut where a line is taken to end.
    Cut,
}

use Found::{Cut, Latin, Right};

#[rustfmt::skip]
const WAYS: [(&str, [[Found; 2]; 3]); 8] = [
    // Each without a charset, and with one:    raw             escaped         a letter
    ("requests, iter_lines(decode_unicode=True)", [[Cut, Cut],     [Right, Right], [Cut, Right]]),
    ("requests, iter_lines()",                  [[Right, Right], [Right, Right], [Right, Right]]),
    ("requests, text",                          [[Latin, Right], [Right, Right], [Latin, Right]]),
    ("httpx, iter_lines()",                     [[Cut, Cut],     [Right, Right], [Right, Right]]),
    ("httpx-sse",                               [[Right, Right], [Right, Right], [Right, Right]]),
    ("sseclient",                               [[Cut, Cut],     [Right, Right], [Cut, Right]]),
    ("sseclient-py",                            [[Right, Right], [Right, Right], [Right, Right]]),
    ("aiohttp-sse-client",                      [[Right, Right], [Right, Right], [Right, Right]]),
];

#[ignore = "needs Python and its packages; `tests/all` runs it"]
#[tokio::test]
async fn python_reads_escapes_and_a_charset() {
    let reader = &lines_of_python();
    let cases = (0..STREAMS.len()).flat_map(|stream| [(stream, 0), (stream, 1)]);
    let cases = cases.map(|(stream, charset)| async move {
        let body = Answer::stream(STREAMS[stream].0).content_type(CONTENT_TYPES[charset]);
        let server = Server::start([body]).await;
        reader.read(&server.url);
        let is_over = |said: &[Value]| said.iter().any(|line| !line["end"].is_null());
        let said = reader.until(&server.url, is_over).await;
        let ways = WAYS.iter().zip(&said);
        for ((way, expected), line) in ways {
            assert_eq!(line["way"], *way);
            let expected = expected[stream][charset];
            let is_right = is_found(expected, STREAMS[stream], line);
            assert!(
                is_right,
                "{:?}, {charset}, {expected:?}: {line}",
                STREAMS[stream].0
            );
        }
        assert_eq!(
            said[WAYS.len()]["encoding"],
            ["ISO-8859-1", "utf-8"][charset]
        );
        assert_eq!(said[WAYS.len() + 1]["end"], "complete");
    });
    join_all(cases).await;
}

fn is_found(expected: Found, (_, value, as_latin): (&str, &str, &str), line: &Value) -> bool {
    match expected {
        Right => line["value"] == json!(value),
        Latin => line["value"] == json!(as_latin),
        Cut => line["error"]
            .as_str()
            .is_some_and(|error| error.starts_with("Unterminated string")),
    }
}
