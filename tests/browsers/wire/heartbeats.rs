use std::time::Duration;

use futures::{Stream, StreamExt, stream};
use serde_json::json;
use tower_sse::{Event, EventName, EventStream, Heartbeat, SseLayer};

use super::{Case, assert_heard, restless};
use crate::browser::Browser;

const PING: EventName = EventName::from_static("ping");

pub(super) async fn are_not_seen(browser: &Browser) {
    let heard = json!([
        ["message", "a\nb", "1"],
        ["message", "c", "1"],
        ["message", "", ""]
    ]);
    let case = Case::new("comments", || EventStream::new(slow()), heard);
    assert_heard(browser, restless(), vec![case]).await;
}

pub(super) async fn are_seen_as_events_by_who_listens(browser: &Browser) {
    // One falls due in each pause.
    let heartbeat = Heartbeat::every(PAUSE * 2 / 3).event(Event::new("beat").name(PING));
    let heard = json!([
        ["ping", "beat", ""],
        ["message", "a\nb", "1"],
        ["ping", "beat", "1"],
        ["message", "c", "1"],
        ["ping", "beat", "1"],
        ["message", "", ""],
    ]);
    let case = Case::new("events", || EventStream::new(slow()), heard);
    assert_heard(browser, SseLayer::new().heartbeat(heartbeat), vec![case]).await;
}

const PAUSE: Duration = Duration::from_millis(600);

fn slow() -> impl Stream<Item = Event> + Send + 'static {
    let events = [
        Event::new("a\nb").id(1),
        Event::new("c"),
        Event::new("").id(tower_sse::EventId::EMPTY),
    ];
    stream::iter(events).then(async |event| {
        tokio::time::sleep(PAUSE).await;
        event
    })
}
