use std::time::Duration;

use futures::stream;
use http_body_util::BodyExt;
use tokio::time::{Instant, advance};
use tower_sse::{CloseReason, Event, EventName, EventStream, Heartbeat, Retry};

use crate::{closing::Closes, support::*};

#[tokio::test(start_paused = true)]
async fn beats_every_15_seconds_by_default() {
    let (_feed, response) = adopted();
    let mut body = send(&bare(), get(), response).await.into_body();
    let start = Instant::now();
    for beat in 1..=3 {
        assert_eq!(next(&mut body).await.unwrap(), ":\n");
        assert_eq!(start.elapsed(), 15 * SECOND * beat);
    }
}

#[tokio::test(start_paused = true)]
async fn beats_only_when_idle() {
    let (feed, response) = adopted();
    let layer = bare().heartbeat(Heartbeat::every(10 * SECOND));
    let mut body = send(&layer, get(), response).await.into_body();
    for _ in 0..10 {
        assert!(is_silent(&mut body));
        advance(9 * SECOND).await;
        feed.data("data: x\n\n");
        assert_eq!(next(&mut body).await.unwrap(), "data: x\n\n");
    }
    let last = Instant::now();
    assert_eq!(next(&mut body).await.unwrap(), ":\n");
    assert_eq!(last.elapsed(), 10 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn sends_one_heartbeat_however_long_nobody_polled() {
    let (_feed, response) = adopted();
    let mut body = send(&bare(), get(), response).await.into_body();
    assert!(is_silent(&mut body));
    advance(100 * SECOND).await;
    assert_eq!(next(&mut body).await.unwrap(), ":\n");
    assert!(is_silent(&mut body));
}

#[tokio::test(start_paused = true)]
async fn does_not_let_empty_frames_pass_for_life() {
    let (feed, response) = adopted();
    let mut body = send(&bare(), get(), response).await.into_body();
    let start = Instant::now();
    for _ in 0..2 {
        assert!(is_silent(&mut body));
        advance(7 * SECOND).await;
        feed.data("");
    }
    assert!(is_silent(&mut body), "no frame is empty");
    assert_eq!(next(&mut body).await.unwrap(), ":\n");
    assert_eq!(start.elapsed(), 15 * SECOND);
}

/// Says what is sent after 15 seconds of silence; a minute later nothing means none.
async fn beat_after(heartbeat: Heartbeat, sent: &'static str) -> Option<String> {
    let (feed, response) = adopted();
    let layer = bare().heartbeat(heartbeat);
    let mut body = send(&layer, get(), response).await.into_body();
    feed.data(sent);
    assert_eq!(next(&mut body).await.unwrap(), sent);
    tokio::select! {
        beat = next(&mut body) => beat,
        () = tokio::time::sleep(60 * SECOND) => None,
    }
}

#[tokio::test(start_paused = true)]
async fn beats_only_where_it_is_safe() {
    let beat = async |sent| beat_after(Heartbeat::default(), sent).await;
    for sent in [
        "data: x\n\n",
        "data: x\r\r",
        "data: x\r\n\r\n",
        "data: x\r\n\r",
    ] {
        assert_eq!(beat(sent).await.as_deref(), Some(":\n"), "{sent:?}");
    }
    for sent in ["data: x\n", "data: x\r\n", "data: x\n\ndata: y\n"] {
        assert_eq!(beat(sent).await.as_deref(), Some(":\n"), "{sent:?}");
    }
    for sent in ["data: x", "data: x\r", "data: x\n\nd"] {
        assert_eq!(beat(sent).await, None, "{sent:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn comes_late_where_it_was_not_safe_in_time() {
    let (feed, response) = adopted();
    let mut body = send(&bare(), get(), response).await.into_body();
    feed.data("data: x\r");
    next(&mut body).await;
    assert!(is_silent(&mut body));
    advance(40 * SECOND).await;
    assert!(is_silent(&mut body));
    feed.data("\n");
    assert_eq!(next(&mut body).await.unwrap(), "\n");
    let start = Instant::now();
    assert_eq!(next(&mut body).await.unwrap(), ":\n");
    assert_eq!(start.elapsed(), 15 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn can_be_a_comment_with_a_text() {
    let heartbeat = || Heartbeat::default().comment("still\nhere");
    let beat = beat_after(heartbeat(), "data: x\n\n").await.unwrap();
    assert_eq!(beat, ": still\n: here\n");
    let beat = beat_after(heartbeat(), "data: x\n").await.unwrap();
    assert_eq!(beat, ": still\n: here\n");
}

#[tokio::test(start_paused = true)]
async fn can_be_an_event_but_not_within_another() {
    const PING: EventName = EventName::from_static("ping");
    let heartbeat = || Heartbeat::default().event(Event::new("").name(PING));
    let beat = beat_after(heartbeat(), "data: x\n\n").await.unwrap();
    assert_eq!(beat, "event: ping\ndata: \n\n");
    let beat = beat_after(heartbeat(), "data: x\n").await.unwrap();
    assert_eq!(beat, ":\n");
}

#[tokio::test(start_paused = true)]
async fn within_another_event_is_the_comment_of_its_event() {
    let heartbeat = || Heartbeat::default().event(Event::new("").comment("here"));
    let beat = beat_after(heartbeat(), "data: x\n\n").await.unwrap();
    assert_eq!(beat, ": here\ndata: \n\n");
    let beat = beat_after(heartbeat(), "data: x\n").await.unwrap();
    assert_eq!(beat, ": here\n");
}

#[tokio::test(start_paused = true)]
async fn can_be_made_anew_each_time() {
    let heartbeat = Heartbeat::default().event_with(|count| match count {
        0 => Event::default(),
        1 => Event::default().comment("one"),
        2 => Event::new("two").id(2),
        _ => Event::new("more").comment(count.to_string()),
    });
    let layer = bare().heartbeat(heartbeat);
    // Each stream counts its own.
    for _ in 0..2 {
        let (feed, response) = adopted();
        let mut body = send(&layer, get(), response).await.into_body();
        for beat in [":\n", ": one\n", "data: two\n\n"] {
            assert_eq!(next(&mut body).await.unwrap(), beat);
        }
        feed.data("data: x\n");
        assert_eq!(next(&mut body).await.unwrap(), "data: x\n");
        // Within an event.
        assert_eq!(next(&mut body).await.unwrap(), ": 3\n");
        feed.data("\ndata");
        assert_eq!(next(&mut body).await.unwrap(), "\ndata");
        assert!(is_silent(&mut body));
        advance(40 * SECOND).await;
        assert!(is_silent(&mut body), "within a line");
        feed.data(": y\n\n");
        assert_eq!(next(&mut body).await.unwrap(), ": y\n\n");
        let beat = ": 4\ndata: more\n\n";
        assert_eq!(next(&mut body).await.unwrap(), beat);
    }
}

#[test]
fn is_equal_to_its_clones() {
    let made = Heartbeat::default().event_with(|_| Event::default());
    assert_eq!(made, made.clone());
    assert_ne!(made, Heartbeat::default().event_with(|_| Event::default()));
    assert_ne!(made, Heartbeat::default());
    assert_eq!(
        Heartbeat::default().event(Event::default()),
        Heartbeat::default()
    );
}

#[tokio::test(start_paused = true)]
async fn is_a_comment_where_the_event_is_none() {
    let nothing = Heartbeat::default().event(Event::default());
    assert_eq!(beat_after(nothing, "data: x\n\n").await.unwrap(), ":\n");

    let (_feed, response) = adopted();
    let comment = Heartbeat::default().event(Event::default().comment("x"));
    let layer = layer().heartbeat(comment).retry(Retry::fixed(SECOND));
    let mut body = send(&layer, get(), response).await.into_body();
    assert_eq!(next(&mut body).await.unwrap(), "retry: 1000\n");
    // Without a blank line, which would end the block of the retry.
    assert_eq!(next(&mut body).await.unwrap(), ": x\n");
}

#[tokio::test(start_paused = true)]
async fn can_be_off() {
    assert_eq!(beat_after(Heartbeat::off(), "data: x\n\n").await, None);
}

#[tokio::test(start_paused = true)]
async fn takes_odd_intervals() {
    let never = Heartbeat::every(Duration::MAX);
    assert_eq!(beat_after(never, "data: x\n\n").await, None);

    let (_feed, response) = adopted();
    let layer = bare().heartbeat(Heartbeat::every(Duration::ZERO));
    let mut body = send(&layer, get(), response).await.into_body();
    let start = Instant::now();
    for _ in 0..3 {
        assert_eq!(next(&mut body).await.unwrap(), ":\n");
    }
    assert_eq!(start.elapsed(), Duration::from_millis(3));
}

#[tokio::test(start_paused = true)]
async fn leaves_the_preamble_to_the_first_event() {
    let (feed, response) = adopted();
    let layer = layer().retry(Retry::fixed(SECOND));
    let mut body = send(&layer, get(), response).await.into_body();
    assert_eq!(next(&mut body).await.unwrap(), "retry: 1000\n");
    assert_eq!(next(&mut body).await.unwrap(), ":\n");
    assert_eq!(next(&mut body).await.unwrap(), ":\n");
    feed.data("data: x\n\n");
    assert_eq!(next(&mut body).await.unwrap(), "data: x\n\n");
    assert_eq!(next(&mut body).await.unwrap(), ":\n");
}

#[tokio::test(start_paused = true)]
async fn has_no_id_and_fails_the_stream_if_its_closure_panics() {
    let heartbeat = Heartbeat::every(SECOND).event_with(|count| {
        assert!(count < 2, "enough");
        Event::new(count.to_string()).id(count)
    });
    let closes = Closes::default();
    let layer = closes.watch(bare().heartbeat(heartbeat));
    let stream = EventStream::new(stream::pending::<Event>());
    let mut body = send(&layer, get(), stream).await.into_body();
    assert_eq!(next(&mut body).await.unwrap(), "data: 0\n\n");
    assert_eq!(next(&mut body).await.unwrap(), "data: 1\n\n");
    let error = body.frame().await.unwrap().unwrap_err();
    assert!(error.is_panic());
    let summary = closes.summaries().remove(0);
    assert_eq!(summary.reason, CloseReason::Failed);
}
