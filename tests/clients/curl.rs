//! curl, which shows what is on the wire.

use tokio::task::JoinHandle;
use tower_sse::Event;

use crate::{
    curl_command::{curl_command, missing},
    feed::Feed,
    guard,
    story::{after_a_silence, first},
};

const FIRST: &str = "\
retry: 200
:
event: greeting
data: hello
id: k3Zp9A-1

data: one
data: two
data: three
data: four
id: k3Zp9A-2

data: 
id: k3Zp9A-3

data: 
data:   after an empty line
data: 
id: k3Zp9A-4

data: zażółć 🦀\u{2028}\u{2029}\u{85}\u{b}\u{c}\u{feff}
id: k3Zp9A-5

: a
: b
data: data: no field
data: : no comment
data: 
data: id: no id
id: k3Zp9A-6

:
retry: 250
data: wait longer
id: k3Zp9A-7

:
";
const AFTER_THE_END: &str = "\
retry: 200
data: missed
id: k3Zp9A-8

:
data: half";
const AFTER_THE_CUT: &str = "\
retry: 200
data: half an event
data: and the other half
id: k3Zp9A-9

:
event: close
data: 
id: k3Zp9A-10

";

#[ignore = "needs curl; `tests/all` runs it"]
#[tokio::test]
async fn curl_shows_the_wire() {
    let feed = Feed::start().await;
    let curl = start(&[&feed.url]);
    feed.wire.heartbeat_after("retry: 200").await;
    first().into_iter().for_each(|event| feed.publish(event));
    feed.wire.heartbeat_after("id: no id").await;
    feed.publish(after_a_silence());
    feed.wire.heartbeat_after("wait longer").await;
    feed.end().await;
    assert_eq!(
        with_one_heartbeat_each(&read(curl, 0).await),
        feed.with_epoch(FIRST)
    );

    feed.publish(Event::new("missed"));
    let id = feed.with_epoch("Last-Event-ID: k3Zp9A-7");
    let curl = start(&["--header", &id, &feed.url]);
    feed.wire.heartbeat_after("missed").await;
    feed.wire.cut_after("data: half");
    feed.publish(Event::new("half an event\nand the other half"));
    // A partial file.
    let text = read(curl, 18).await;
    assert_eq!(
        with_one_heartbeat_each(&text),
        feed.with_epoch(AFTER_THE_END)
    );

    let id = feed.with_epoch("Last-Event-ID: k3Zp9A-8");
    let curl = start(&["--header", &id, &feed.url]);
    feed.wire.heartbeat_after("other half").await;
    feed.finish();
    assert_eq!(
        with_one_heartbeat_each(&read(curl, 0).await),
        feed.with_epoch(AFTER_THE_CUT)
    );

    let status = ["--write-out", "%{http_code}", &feed.url];
    assert_eq!(read(start(&status), 0).await, "204");
}

type Reading = JoinHandle<std::io::Result<std::process::Output>>;

pub(crate) fn start(arguments: &[&str]) -> Reading {
    let mut command = curl_command();
    command.args(arguments);
    tokio::spawn(async move { command.output().await })
}

/// Waits until it exits with this code, and returns all that it has written.
pub(crate) async fn read(curl: Reading, code: i32) -> String {
    let output = guard(curl).await.unwrap();
    let output = output.unwrap_or_else(missing);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(code), "{text:?}");
    text
}

/// Leaves one heartbeat of those in each silence, however long it was.
fn with_one_heartbeat_each(text: &str) -> String {
    let mut lines: Vec<_> = text.split_inclusive('\n').collect();
    lines.dedup_by(|line, before| *line == ":\n" && line == before);
    lines.concat()
}
