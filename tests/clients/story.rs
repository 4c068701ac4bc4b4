//! What a client goes through, and what it must have read: a silence before the first event,
//! events of all kinds, a silence between them, a clean end, a cut, and an end for good.

use std::time::{Duration, Instant};

use tower_sse::{Event, EventName};

use crate::{client::Client, feed::Feed};

const GREETING: EventName = EventName::from_static("greeting");

/// A heartbeat, as it is in a chunk of its own.
pub(crate) const HEARTBEAT: &str = "\r\n2\r\n:\n\r\n";

const FIRST: &str = r#"
{"open":200}
{"retry":200}
{"event":"greeting","data":"hello","id":"k3Zp9A-42"}
{"event":"message","data":"one\ntwo\nthree\nfour","id":"k3Zp9A-43"}
{"event":"message","data":"","id":"k3Zp9A-44"}
{"event":"message","data":"\n  after an empty line\n","id":"k3Zp9A-45"}
{"event":"message","data":"zażółć 🦀\u2028\u2029\u0085\u000b\u000c\ufeff","id":"k3Zp9A-46"}
{"event":"message","data":"data: no field\n: no comment\n\nid: no id","id":"k3Zp9A-47"}
{"retry":250}
{"event":"message","data":"wait longer","id":"k3Zp9A-48"}
"#;
const AFTER_THE_END: &str = r#"
{"end":"clean"}
{"open":200}
{"retry":200}
{"event":"message","data":"missed","id":"k3Zp9A-49"}
"#;
const AFTER_THE_CUT: &str = r#"
{"end":"cut"}
{"open":200}
{"retry":200}
{"event":"message","data":"half an event\nand the other half","id":"k3Zp9A-50"}
{"event":"message","data":"one more","id":"k3Zp9A-51"}
"#;
const LAST: &str = r#"
{"event":"close","data":"","id":"k3Zp9A-52"}
{"end":"clean"}
{"open":204}
{"exit":0}
"#;
/// Where it goes on each time it comes.
const IDS: [Option<&str>; 4] = [
    None,
    Some("k3Zp9A-48"),
    Some("k3Zp9A-49"),
    Some("k3Zp9A-52"),
];

pub(crate) fn first() -> [Event; 7] {
    [
        Event::new("hello").name(GREETING),
        Event::new("one\ntwo\rthree\r\nfour"),
        Event::new(""),
        Event::new("\n  after an empty line\n"),
        Event::new("zażółć 🦀\u{2028}\u{2029}\u{85}\u{b}\u{c}\u{feff}"),
        Event::new("data: no field\n: no comment\n\nid: no id").comment("a\nb"),
        Event::new("wait longer").retry(Duration::from_millis(250)),
    ]
}

/// Tells it to a client that does not say when it has read a `retry`.
pub(crate) async fn tell_without_retry(client: &mut Client, feed: &Feed) {
    tell_that(client, feed, |line| !line.starts_with(r#"{"retry":"#)).await;
}

pub(crate) async fn tell(client: &mut Client, feed: &Feed) {
    tell_that(client, feed, |_| true).await;
}

async fn tell_that(client: &mut Client, feed: &Feed, is_told: fn(&&str) -> bool) {
    let mut expect = async |lines: &'static str| {
        let lines = lines.lines().filter(is_told);
        client.expect(lines).await;
    };
    feed.occupied().await;
    feed.wire.until(HEARTBEAT).await;
    first().into_iter().for_each(|event| feed.publish(event));
    expect(FIRST).await;
    feed.wire.until(HEARTBEAT).await;

    let end = Instant::now();
    feed.end().await;
    feed.publish(Event::new("missed"));
    expect(AFTER_THE_END).await;

    feed.wire.cut_after("data: half");
    feed.publish(Event::new("half an event\nand the other half"));
    feed.publish(Event::new("one more"));
    expect(AFTER_THE_CUT).await;

    feed.finish();
    expect(LAST).await;
    let visits = feed.visits();
    let ids: Vec<_> = visits.iter().map(|(_, id)| id.as_deref()).collect();
    assert_eq!(ids, IDS);
    // Neither at once nor after the 3 seconds that clients wait by themselves.
    let waited = visits[1].0 - end;
    assert!((240..2900).contains(&waited.as_millis()), "{waited:?}");
}
