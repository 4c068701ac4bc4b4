//! How a body ends whose events are mapped.

use http::HeaderMap;
use http_body::Body;
use http_body_util::BodyExt;
use tower_sse::{Error, Event, EventAction, EventMapBody, OversizePolicy, RawEvent};

use crate::bodies::{Act::*, *};

fn keep(_: RawEvent<'_>) -> EventAction {
    EventAction::Keep
}

fn failed(error: Error) -> Event {
    Event::new(format!("failed: {}", error.into_inner()))
}

#[tokio::test]
async fn an_error_event_stands_after_the_last_whole_event() {
    for (data, sent) in [
        ("", ""),
        ("data: x\n\n", "data: x\n\n"),
        ("data: x\n\ndata: half", "data: x\n\n"),
        ("data: x\n\ndata: half\r", "data: x\n\n"),
        ("data: x\r\n\r", "data: x\r\n\r"),
        ("data: x\n\n: half", "data: x\n\n"),
        ("\u{feff}", "\u{feff}"),
    ] {
        let acts = || acting([Data(data.into()), Fail("broken")]);
        let body = EventMapBody::new(acts(), keep).error_event(failed);
        let expected = format!("{sent}data: failed: broken\n\n");
        assert_eq!(text(body).await, expected, "{data:?}");
        let body = EventMapBody::new(acts(), keep);
        let (text, error) = outcome(body).await;
        assert_eq!(text, sent);
        assert_eq!(error.as_deref(), Some("broken"));
    }
}

#[tokio::test]
async fn a_final_event_stands_at_the_end_of_a_whole_stream() {
    let done = || Event::new("done");
    for (data, sent) in [
        ("", "data: done\n\n"),
        ("data: x\n\n", "data: x\n\ndata: done\n\n"),
        ("data: x\r\n\r", "data: x\r\n\rdata: done\n\n"),
        (": beat\n", ": beat\ndata: done\n\n"),
        // It may be cut: the event would say that it is complete.
        ("data: x\n\ndata: half", "data: x\n\ndata: half"),
        ("data: x\n\ndata: half\n", "data: x\n\ndata: half\n"),
    ] {
        let body = EventMapBody::new(chunks([data]), keep).final_event(done());
        assert_eq!(text(body).await, sent, "{data:?}");
    }
    let acts = acting([Data("data: x\n\n".into()), Fail("broken")]);
    let body = EventMapBody::new(acts, keep)
        .final_event(done())
        .error_event(failed);
    assert_eq!(text(body).await, "data: x\n\ndata: failed: broken\n\n");
}

#[tokio::test]
async fn what_has_no_last_blank_line_is_no_event_and_stays() {
    let body = EventMapBody::new(chunks(["data: a\n\ndata: b\n"]), |event| {
        assert_eq!(event.data().as_deref(), Some("a"));
        EventAction::Drop
    });
    assert_eq!(text(body).await, "data: b\n");
}

#[tokio::test]
async fn trailers_come_last() {
    let all = ["digest", "etag", "x-sum"].map(|name| (name.parse().unwrap(), "1".parse().unwrap()));
    let trailers = HeaderMap::from_iter(all);
    for (data, sent) in [
        ("data: x\n\n", "data: x\n\ndata: done\n\n"),
        ("data", "data"),
    ] {
        let acts = acting([Data(data.into()), Trailers(trailers.clone())]);
        let mut body = EventMapBody::new(acts, keep).final_event(Event::new("done"));
        assert_eq!(next(&mut body).await.unwrap(), sent);
        assert!(!body.is_end_stream());
        let frame = body.frame().await.unwrap().unwrap();
        let kept = frame.into_trailers().unwrap();
        assert_eq!(
            kept.len(),
            1,
            "the others hold for the bytes of the body alone"
        );
        assert_eq!(kept["x-sum"], "1");
        assert!(body.is_end_stream());
        assert!(body.frame().await.is_none());
    }
}

#[tokio::test]
async fn an_event_that_is_too_large_may_be_an_error() {
    for cut in 0..15 {
        let (left, right) = "data: 123456789\n\ndata: b\n\n".split_at(cut);
        let body = EventMapBody::new(chunks(["data: a\n\n", left, right]), keep)
            .max_event_size(12, OversizePolicy::fail())
            .error_event(failed);
        let expected = "data: a\n\ndata: failed: an event has more than 12 bytes\n\n";
        assert_eq!(text(body).await, expected, "cut at {cut}");
    }
}

#[tokio::test]
async fn no_event_stands_within_one_that_is_passed_through() {
    let acts = || acting([Data("data: 123456789".into()), Fail("broken")]);
    let body = EventMapBody::new(acts(), keep)
        .max_event_size(12, OversizePolicy::pass_through())
        .error_event(failed);
    let expected = ("data: 123456789".to_owned(), Some("broken".to_owned()));
    assert_eq!(outcome(body).await, expected);
    let body = EventMapBody::new(chunks(["data: 123456789"]), keep)
        .max_event_size(12, OversizePolicy::pass_through())
        .final_event(Event::new("done"));
    assert_eq!(text(body).await, "data: 123456789");
}

#[tokio::test]
async fn panics_are_errors() {
    let acts = acting([Data("data: x\n\n".into()), Panic]);
    let body = EventMapBody::new(acts, keep).error_event(failed);
    assert_eq!(
        text(body).await,
        "data: x\n\ndata: failed: out of order\n\n"
    );

    let body = EventMapBody::new(chunks(["data: x\n\ndata: y\n\ndata: z\n\n"]), |event| {
        if event.data().as_deref() == Some("y") {
            std::panic::resume_unwind(Box::new("bad data"));
        }
        EventAction::Keep
    });
    let body = body.error_event(failed);
    assert_eq!(text(body).await, "data: x\n\ndata: failed: bad data\n\n");

    let acts = acting([Data("data: x\n\n".into()), Fail("broken")]);
    let body =
        EventMapBody::new(acts, keep).error_event(|_| std::panic::resume_unwind(Box::new("worse")));
    let expected = ("data: x\n\n".to_owned(), Some("worse".to_owned()));
    assert_eq!(outcome(body).await, expected);
}

#[tokio::test]
async fn a_failure_lets_the_server_flush_first() {
    let acts = acting([Data("data: x\n\n".into()), Fail("broken")]);
    let mut body = EventMapBody::new(acts, keep);
    assert_eq!(next(&mut body).await.unwrap(), "data: x\n\n");
    assert!(is_silent(&mut body));
    assert!(body.frame().await.unwrap().is_err());
    assert!(body.frame().await.is_none());
}
