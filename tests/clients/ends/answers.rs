//! Clients that ask once, by POST, and what they make of an answer that ends early.

use futures::future::join_all;
use serde_json::Value;

use super::{
    cause::Cause::{self, *},
    protocol::{FINAL, HALF, Protocol, WHOLE},
    reader::{Reader, text},
    server::{Case, Http, Server},
};

/// How an answer ends.
#[derive(Clone, Copy, Debug)]
enum End {
    /// With all that the protocol asks for.
    Whole,
    /// In the middle, and the connection (HTTP/1.1) or the stream (HTTP/2) breaks.
    Broken,
    /// In the middle, with the protocol's own final event, and cleanly.
    Final,
}

use End::{Broken, Final, Whole};

#[rustfmt::skip]
const ENDS: [(Cause, End, End); 8] = [
    // cause                 without a final event, with one
    (Completion,             Whole,                 Whole),
    (Shutdown,               Broken,                Final),
    (Lifetime,               Broken,                Final),
    (Deadline,               Broken,                Final),
    (Revocation,             Broken,                Final),
    (Failure,                Broken,                Final),
    (Panic,                  Broken,                Final),
    (ShutdownInsideAnEvent,  Broken,                Broken),
];

/// What a client says of an answer: that it is complete, or an error in whose message there is this.
#[derive(Clone, Copy, Debug)]
pub(super) enum Says {
    Complete,
    Error(&'static str),
}

/// What a client says of each end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Verdict {
    /// By HTTP/1.1 and HTTP/2.
    pub(super) broken: [Says; 2],
    pub(super) with_final_event: Says,
}

pub(super) const FINAL_ERROR: Says = Says::Error(FINAL);

impl Verdict {
    fn of(&self, end: End, http: Http) -> Says {
        match end {
            Whole => Says::Complete,
            Broken => self.broken[usize::from(http != Http::One)],
            Final => self.with_final_event,
        }
    }
}

/// Has a client read answers that end in each of the ways, by HTTP/1.1 and HTTP/2, all at once.
pub(super) async fn read(
    reader: impl Fn(Http) -> Reader,
    protocol: &'static Protocol,
    verdict: Verdict,
) {
    let readers = [Http::One, Http::Two].map(reader);
    let wrong = readers
        .each_ref()
        .map(|reader| read_all(reader, protocol, verdict));
    let wrong = join_all(wrong).await.concat();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Returns what is wrong with what it says.
async fn read_all(reader: &Reader, protocol: &'static Protocol, verdict: Verdict) -> Vec<String> {
    let cases = ENDS.iter().flat_map(|&(cause, without, with)| {
        let verdict = |end| verdict.of(end, reader.http);
        [
            (cause, false, verdict(without)),
            (cause, true, verdict(with)),
        ]
    });
    let cases = cases.map(|(cause, has_final_event, expected)| {
        let case = Case {
            cause,
            has_final_event,
        };
        read_one(reader, protocol, case, expected)
    });
    join_all(cases).await.into_iter().flatten().collect()
}

async fn read_one(
    reader: &Reader,
    protocol: &'static Protocol,
    case: Case,
    expected: Says,
) -> Option<String> {
    let server = Server::start(reader.http, protocol, case).await;
    reader.read(&server.url);
    let expected_text = if case.cause == Completion {
        WHOLE
    } else {
        HALF
    };
    reader
        .until(&server.url, |said| text(said) == expected_text)
        .await;
    server.end();
    let is_ended = |said: &[Value]| said.iter().any(|line| !line["end"].is_null());
    let said = reader.until(&server.url, is_ended).await;
    let end = said.iter().find(|line| !line["end"].is_null()).unwrap();
    let is_right = text(&said) == expected_text
        && match expected {
            Says::Complete => end["end"] == "complete",
            Says::Error(message) => end["message"]
                .as_str()
                .is_some_and(|it| it.contains(message)),
        };
    let http = reader.http;
    (!is_right).then(|| format!("{http:?} {case:?}: {expected:?} expected, {said:?}"))
}
