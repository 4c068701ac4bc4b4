//! What a client goes through, and what it must have read: a silence before the first event,
//! events of all kinds, a silence between them, one before a clean end, a cut, and an end for good.

use std::time::{Duration, Instant};

use tower_sse::{Event, EventName};

use crate::{client::Client, feed::Feed};

const GREETING: EventName = EventName::from_static("greeting");

const FIRST: &str = r#"
{"open":200}
{"retry":200}
{"event":"greeting","data":"hello","id":"k3Zp9A-1"}
{"event":"message","data":"one\ntwo\nthree\nfour","id":"k3Zp9A-2"}
{"event":"message","data":"","id":"k3Zp9A-3"}
{"event":"message","data":"\n  after an empty line\n","id":"k3Zp9A-4"}
{"event":"message","data":"zażółć 🦀\u2028\u2029\u0085\u000b\u000c\ufeff","id":"k3Zp9A-5"}
{"comment":"a"}
{"comment":"b"}
{"event":"message","data":"data: no field\n: no comment\n\nid: no id","id":"k3Zp9A-6"}
"#;
const AFTER_A_SILENCE: &str = r#"
{"retry":250}
{"event":"message","data":"wait longer","id":"k3Zp9A-7"}
"#;
const AFTER_THE_END: &str = r#"
{"end":"clean"}
{"open":200}
{"retry":200}
{"event":"message","data":"missed","id":"k3Zp9A-8"}
"#;
const AFTER_THE_CUT: &str = r#"
{"end":"cut"}
{"open":200}
{"retry":200}
{"event":"message","data":"half an event\nand the other half","id":"k3Zp9A-9"}
{"event":"message","data":"one more","id":"k3Zp9A-10"}
"#;
const LAST: &str = r#"
{"event":"close","data":"","id":"k3Zp9A-11"}
{"end":"clean"}
{"open":204}
{"exit":0}
"#;
/// Where it goes on each time it comes.
const IDS: [Option<&str>; 4] = [None, Some("k3Zp9A-7"), Some("k3Zp9A-8"), Some("k3Zp9A-11")];

pub(crate) fn first() -> [Event; 6] {
    [
        Event::new("hello").name(GREETING),
        Event::new("one\ntwo\rthree\r\nfour"),
        Event::new(""),
        Event::new("\n  after an empty line\n"),
        Event::new("zażółć 🦀\u{2028}\u{2029}\u{85}\u{b}\u{c}\u{feff}"),
        Event::new("data: no field\n: no comment\n\nid: no id").comment("a\nb"),
    ]
}

pub(crate) fn after_a_silence() -> Event {
    Event::new("wait longer").retry(Duration::from_millis(250))
}

/// Publishes it to a client that does not print these of all that it reads.
pub(crate) async fn publish(client: &mut Client, feed: &Feed, unsaid: &[&str]) {
    let is_said = |line: &&str| {
        let is_it = |name| line.starts_with(&format!("{{\"{name}\":"));
        !unsaid.iter().any(is_it)
    };
    let mut expect = async |lines: &'static str| {
        let lines = feed.with_epoch(lines);
        client.expect(lines.lines().filter(is_said)).await;
    };
    feed.wire.heartbeat_after("retry: 200").await;
    first().into_iter().for_each(|event| feed.publish(event));
    expect(FIRST).await;
    feed.wire.heartbeat_after("id: no id").await;
    feed.publish(after_a_silence());
    expect(AFTER_A_SILENCE).await;
    feed.wire.heartbeat_after("wait longer").await;

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
    let expected = IDS.map(|id| id.map(|id| feed.with_epoch(id)));
    assert_eq!(ids, expected.each_ref().map(Option::as_deref));
    // Neither at once nor after the 3 seconds that clients wait by themselves.
    let waited = visits[1].0 - end;
    assert!((240..2900).contains(&waited.as_millis()), "{waited:?}");
}
