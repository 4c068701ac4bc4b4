//! A body whose events are mapped, within the layer.

use axum::response::{IntoResponse, Sse, sse};
use futures::stream;
use http::Response;
use http_body_util::BodyExt;
use tower_sse::{
    BoxError, CloseReason, Event, EventAction, EventMapBody, EventStream, FinalEvents, Heartbeat,
    Lifetime, RawEvent, WireEnd,
};

use crate::{
    bodies::{Act::*, *},
    closes::Closes,
};

fn keep(_: RawEvent<'_>) -> EventAction {
    EventAction::Keep
}

#[tokio::test]
async fn the_summary_has_the_events_that_were_sent() {
    let closes = Closes::default();
    let text_in = "data: a\n\nid: 1\n\n: c\n\ndata: drop\n\nevent: e\ndata: b\n\ndata: two\n\n";
    let upstream = event_stream(chunks([&text_in[..55], &text_in[55..]]));
    let response = EventMapBody::map_response(upstream, |event| match event.data().as_deref() {
        Some("drop") => EventAction::Drop,
        Some("two") => EventAction::replace(Event::new("2")),
        _ => EventAction::Keep,
    });
    let response = response.map(|body| body.final_event(Event::new("done")));
    let response = send(&closes.watch(bare()), post(), response).await;
    let sent = "data: a\n\nid: 1\n\n: c\n\nevent: e\ndata: b\n\ndata: 2\n\ndata: done\n\n";
    assert_eq!(text(response.into_body()).await, sent);
    let summary = closes.take();
    assert_eq!(summary.events, Some(4), "`a`, `b`, `2` and `done`");
    assert_eq!(summary.reason, CloseReason::Completed);
    assert_eq!(summary.frames, 1);
}

#[tokio::test]
async fn the_summary_says_why_a_stream_failed_that_ended_by_an_event() {
    let closes = Closes::default();
    let upstream = event_stream(acting([Data("data: x\n\n".into()), Fail("broken")]));
    let response = EventMapBody::map_response(upstream, keep);
    let response = response.map(|body| body.error_event(|_| Event::new("sorry")));
    let response = send(&closes.watch(bare()), post(), response).await;
    assert_eq!(
        text(response.into_body()).await,
        "data: x\n\ndata: sorry\n\n"
    );
    let summary = closes.take();
    assert_eq!(
        (summary.reason, summary.wire),
        (CloseReason::Failed, WireEnd::Clean)
    );
    assert_eq!(
        summary.error.as_deref(),
        Some("the response body failed: broken")
    );
}

#[tokio::test(start_paused = true)]
async fn a_cut_falls_between_events() {
    let layer = bare()
        .max_lifetime(Lifetime::new(10 * SECOND))
        .final_events(FinalEvents::any(Event::new("cut")));
    for is_mapped in [true, false] {
        let (feed, body) = fed();
        feed.data("data: x\n\ndata: ha");
        let (sent, error) = match is_mapped {
            true => {
                let response = EventMapBody::map_response(event_stream(body), keep);
                outcome(send(&layer, post(), response).await.into_body()).await
            }
            false => outcome(send(&layer, post(), event_stream(body)).await.into_body()).await,
        };
        match is_mapped {
            true => assert_eq!((&*sent, error), ("data: x\n\ndata: cut\n\n", None)),
            // Without it, half an event is out, and no event can follow.
            false => assert!(sent == "data: x\n\ndata: ha" && error.is_some()),
        }
        drop(feed);
    }
}

#[tokio::test(start_paused = true)]
async fn the_layers_event_for_a_failure_has_a_place() {
    let layer = bare().final_events(FinalEvents::new().failure(Event::new("sorry")));
    let acts = acting([Data("data: x\n\ndata: ha".into()), Fail("broken")]);
    // With and without the knowledge of the whole response.
    let response = EventMapBody::map_response(event_stream(acts), keep);
    let response = send(&layer, post(), response).await;
    assert_eq!(
        text(response.into_body()).await,
        "data: x\n\ndata: sorry\n\n"
    );
    let acts = acting([Data("data: x\n\ndata: ha".into()), Fail("broken")]);
    let response = event_stream(EventMapBody::new(acts, keep));
    let response = send(&layer, post(), response).await;
    assert_eq!(
        text(response.into_body()).await,
        "data: x\n\ndata: sorry\n\n"
    );
}

#[tokio::test(start_paused = true)]
async fn heartbeats_go_out_while_an_event_is_on_its_way() {
    let layer = bare().heartbeat(Heartbeat::every(SECOND));
    let (feed, body) = fed();
    let response = EventMapBody::map_response(event_stream(body), keep);
    let mut body = send(&layer, post(), response).await.into_body();
    feed.data("data: ha");
    assert_eq!(next(&mut body).await.unwrap(), ":\n");
    feed.data("lf\n\n");
    assert_eq!(next(&mut body).await.unwrap(), "data: half\n\n");
}

#[tokio::test]
async fn events_of_axum_are_mapped() {
    let events = ["a", "drop", "b"].map(|data| Ok::<_, BoxError>(sse::Event::default().data(data)));
    let response = Sse::new(stream::iter(events)).into_response();
    let response = EventMapBody::map_response(response, |event| match event.data().as_deref() {
        Some("drop") => EventAction::Drop,
        _ => EventAction::Keep,
    });
    let response = send(&bare(), post(), response).await;
    assert_eq!(text(response.into_body()).await, "data: a\n\ndata: b\n\n");
}

#[tokio::test]
async fn a_typed_stream_keeps_its_own_count() {
    let closes = Closes::default();
    let events = Response::from(EventStream::new(stream::iter(["a", "b"])));
    let response = EventMapBody::map_response(events, |_| EventAction::Drop);
    let response = response.map(BodyExt::boxed_unsync);
    text(
        send(&closes.watch(bare()), post(), response)
            .await
            .into_body(),
    )
    .await;
    assert_eq!(closes.take().events, Some(2));
}
