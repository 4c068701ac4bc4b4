//! Clients that reconnect by themselves: when, and with which id.

use std::time::{Duration, Instant};

use futures::future::join_all;
use serde_json::Value;

use super::{
    FINAL_RETRY, OPENING,
    cause::Cause::{self, *},
    protocol::{FINAL, HALF, PLAIN},
    reader::{Reader, text},
    server::{Case, Log, Server, Visit},
};

/// When a client reconnects.
#[derive(Clone, Copy, Debug)]
enum Return {
    After(Duration),
    Never,
}

use Return::{After, Never};

#[rustfmt::skip]
const RETURNS: [(Cause, Return); 8] = [
    (Shutdown,               After(FINAL_RETRY)),
    (Lifetime,               After(OPENING)),
    (Deadline,               After(OPENING)),
    (Revocation,             After(OPENING)),
    (RevocationForGood,      Never),
    (Failure,                After(OPENING)),
    (Panic,                  After(OPENING)),
    // Nothing can be said in the middle of an event.
    (ShutdownInsideAnEvent,  After(OPENING)),
];

/// Longer than any waits by its own default.
const LONG: Duration = Duration::from_millis(3500);

/// How a client keeps to the `retry` that it gets.
#[derive(Clone, Copy, Debug)]
pub(super) struct Manner {
    /// How long it waits without a `retry`.
    pub(super) by_default: Duration,
    /// The part of that time that it waits at least.
    pub(super) at_least: f64,
}

/// As the standard has it, and browsers.
pub(super) const STANDARD: Manner = Manner {
    by_default: Duration::from_secs(3),
    at_least: 1.0,
};

/// Has clients read streams that end in each of the ways, all at once.
pub(super) async fn follow(readers: impl IntoIterator<Item = Reader>, manner: Manner) {
    let wrong = readers.into_iter().map(|reader| follow_all(reader, manner));
    let wrong = join_all(wrong).await.concat();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

async fn follow_all(reader: Reader, manner: Manner) -> Vec<String> {
    let cases = RETURNS.iter().flat_map(|&(cause, expected)| {
        [false, true].map(|has_final_event| {
            let case = Case {
                cause,
                has_final_event,
            };
            (case, expected)
        })
    });
    let cases = cases.map(|(case, expected)| follow_one(&reader, case, expected, manner));
    join_all(cases).await.into_iter().flatten().collect()
}

/// Returns what is wrong with what it does, if anything is.
async fn follow_one(
    reader: &Reader,
    case: Case,
    expected: Return,
    manner: Manner,
) -> Option<String> {
    let server = Server::start(reader.http, &PLAIN, case).await;
    reader.read(&server.url);
    reader.until(&server.url, |said| text(said) == HALF).await;
    server.end();
    // If it reconnects while the server shuts down, it is rejected with another `retry`.
    let visits = match case.cause {
        Shutdown => 3,
        _ => 2,
    };
    let log = server.watch(visits, LONG).await;
    let said = reader.said(&server.url);
    let is_right = has_read(&said, case) && expected.is_of(&log, visits, manner);
    let http = reader.http;
    (!is_right).then(|| format!("{http:?} {case:?}: {expected:?} expected, {log:?} {said:?}"))
}

fn has_read(said: &[Value], case: Case) -> bool {
    // The answer begins anew when it comes back.
    let text = text(said);
    let has_half_an_event = !HALF.starts_with(text.trim_start_matches(HALF));
    let has_final_event = said.iter().any(|line| line["last"] == FINAL);
    let can_be_sent = case.cause != ShutdownInsideAnEvent;
    !has_half_an_event && has_final_event == (case.has_final_event && can_be_sent)
}

impl Return {
    fn is_of(self, log: &Log, visits: usize, manner: Manner) -> bool {
        let After(wait) = self else {
            return log.visits.len() == 1;
        };
        let [_, back, again @ ..] = &log.visits[..] else {
            return false;
        };
        let waited = |since: Instant, visit: &Visit| {
            let waited = visit.at - since;
            (wait.mul_f64(manner.at_least)..manner.next_after(wait)).contains(&waited)
        };
        let knows = |visit: &Visit| visit.last_event_id.as_deref() == Some("2");
        waited(log.ends[0], back)
            && knows(back)
            && again.len() + 2 == visits
            && again
                .iter()
                .all(|visit| waited(back.at, visit) && knows(visit))
    }
}

impl Manner {
    /// Returns the earliest time at which it would reconnect after another `retry`, or after none.
    fn next_after(&self, wait: Duration) -> Duration {
        let others = [FINAL_RETRY, OPENING, self.by_default];
        let others = others.map(|other| other.mul_f64(self.at_least));
        let later = others.into_iter().filter(|other| *other > wait);
        later.min().unwrap_or(LONG)
    }
}
