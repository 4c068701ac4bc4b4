//! The frames of adopted bodies: gathered, never copied alone, never empty.

use std::{
    collections::VecDeque,
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use axum::response::{IntoResponse, Sse, sse};
use bytes::Bytes;
use futures::{StreamExt, stream};
use http::{HeaderMap, Response};
use http_body::{Body, Frame};
use http_body_util::BodyExt;
use tower_sse::{BoxError, EventStream, SseBody};

use crate::feed::{Task, adopt, data, layered};

const FRAME: usize = 16 * 1024;

/// What a body does, one after the other. After the last it is pending.
#[derive(Clone)]
enum Act {
    Data(Bytes),
    Trailers,
    Fail,
    Panic,
    End,
}

use Act::{Data, End, Fail, Panic, Trailers};

struct Acting(VecDeque<Act>);

impl Body for Acting {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        match self.0.pop_front() {
            Some(Data(data)) => Poll::Ready(Some(Ok(Frame::data(data)))),
            Some(Trailers) => Poll::Ready(Some(Ok(Frame::trailers(HeaderMap::new())))),
            Some(Fail) => Poll::Ready(Some(Err("failed".into()))),
            Some(Panic) => std::panic::resume_unwind(Box::new("out of order")),
            Some(End) => Poll::Ready(None),
            None => Poll::Pending,
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self.0.front(), Some(End))
    }
}

fn acting(acts: impl Into<VecDeque<Act>>) -> SseBody<Acting> {
    layered(adopt(Acting(acts.into())))
}

fn bytes(len: usize) -> Bytes {
    vec![b'x'; len].into()
}

/// Returns the frames of a body that comes to its end.
async fn frames<B>(mut body: B) -> Vec<Bytes>
where
    B: Body<Data = Bytes, Error: std::fmt::Debug> + Unpin,
{
    let mut frames = Vec::new();
    while let Some(frame) = body.frame().await {
        frames.push(frame.unwrap().into_data().unwrap());
    }
    frames
}

#[tokio::test]
async fn a_thousand_events_of_axum_are_two_frames() {
    // Of 24 bytes: 682 of them make 16,368, and one more would be over 16,384.
    let text = "x".repeat(16);
    let event = |_| Ok::<_, Infallible>(sse::Event::default().data(&text));
    let events: Vec<_> = (0..1000).map(event).collect();
    let response = Sse::new(stream::iter(events)).into_response();
    let lengths: Vec<_> = frames(layered(response))
        .await
        .iter()
        .map(Bytes::len)
        .collect();
    assert_eq!(lengths, [682 * 24, 318 * 24]);
    let typed = EventStream::new(stream::iter(vec![text; 1000]));
    assert_eq!(frames(layered(Response::from(typed))).await.len(), 2);
}

#[test]
fn small_frames_that_are_ready_are_one() {
    let mut body = acting([Data("da".into()), Data("ta: x\n".into()), Data("\n".into())]);
    assert_eq!(Task::default().text(&mut body), "data: x\n\n");
}

#[test]
fn one_alone_is_not_copied() {
    let event = bytes(100);
    let mut body = acting([Data(event.clone())]);
    assert_eq!(
        data(Task::default().poll(&mut body)).as_ptr(),
        event.as_ptr()
    );
}

#[test]
fn a_large_one_is_neither_copied_nor_joined() {
    let task = Task::default();
    for size in [FRAME - 1, FRAME, 4 * FRAME] {
        let [before, large, after] = [2, size, 3].map(bytes);
        let acts = [&before, &large, &after].map(|data| Data(data.clone()));
        let mut body = acting(acts);
        assert_eq!(data(task.poll(&mut body)), before);
        let first = data(task.poll(&mut body));
        assert_eq!(first.as_ptr(), large.as_ptr());
        assert_eq!(first.len(), size);
        assert_eq!(data(task.poll(&mut body)), after);
    }
}

#[test]
fn a_frame_is_filled_to_its_last_byte() {
    let task = Task::default();
    let mut body = acting([FRAME - 5, 5, 7, 8].map(|len| Data(bytes(len))));
    assert_eq!(data(task.poll(&mut body)).len(), FRAME);
    assert_eq!(data(task.poll(&mut body)).len(), 15);
    task.assert_pending(&mut body);
}

#[test]
fn what_would_overflow_a_frame_begins_the_next() {
    let task = Task::default();
    let mut body = acting([FRAME - 5, 6, 7].map(|len| Data(bytes(len))));
    assert_eq!(data(task.poll(&mut body)).len(), FRAME - 5);
    assert!(!body.is_end_stream());
    assert_eq!(data(task.poll(&mut body)).len(), 13);
}

/// The body says that it has ended, while its last frame is still held.
#[test]
fn what_is_held_is_not_lost_when_the_body_says_that_it_is_at_its_end() {
    let task = Task::default();
    let acts = [Data(bytes(FRAME - 5)), Data(bytes(6)), End];
    let mut body = acting(acts);
    assert_eq!(data(task.poll(&mut body)).len(), FRAME - 5);
    assert!(!body.is_end_stream());
    assert_eq!(data(task.poll(&mut body)).len(), 6);
    assert!(body.is_end_stream());
}

#[tokio::test(start_paused = true)]
async fn what_is_no_data_comes_after_what_was_gathered() {
    let before = [Data("data: x\n".into()), Data("\n".into())];
    let body = |last| acting([&before[..], &[last]].concat());
    for last in [Trailers, Fail, Panic, End] {
        let mut body = body(last.clone());
        assert_eq!(
            body.frame().await.unwrap().unwrap().into_data().unwrap(),
            "data: x\n\n"
        );
        assert_eq!(body.is_end_stream(), matches!(last, End));
        match (last, body.frame().await) {
            (Trailers, Some(Ok(frame))) => assert!(frame.is_trailers()),
            (Fail, Some(Err(error))) => assert!(!error.is_panic()),
            (Panic, Some(Err(error))) => assert!(error.is_panic()),
            (End, None) => {}
            (_, other) => panic!("{other:?}"),
        }
        assert!(body.frame().await.is_none());
    }
}

#[test]
fn no_frame_is_empty() {
    let task = Task::default();
    let empty = Data(Bytes::new());
    let mut body = acting([
        empty.clone(),
        Data("data: x\n\n".into()),
        empty.clone(),
        empty,
    ]);
    assert_eq!(task.text(&mut body), "data: x\n\n");
    task.assert_pending(&mut body);
    task.assert_pending(&mut body);
}

/// Always has an empty frame more.
struct Empty;

impl Body for Empty {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(Some(Ok(Frame::data(Bytes::new()))))
    }
}

#[test]
fn a_body_of_empty_frames_gives_way() {
    let task = Task::default();
    let mut body = layered(adopt(Empty));
    for _ in 0..3 {
        task.assert_pending(&mut body);
        assert_eq!(task.wakes(), 1);
    }
}

#[tokio::test]
async fn those_of_streams_of_our_own_stay_as_they_are() {
    let typed = || EventStream::new(stream::iter(["a", "b", "c"])).frame_size(1);
    let response = Response::from(typed());
    assert_eq!(frames(layered(response)).await.len(), 3);
    let boxed = Response::from(typed()).map(axum::body::Body::new);
    assert_eq!(frames(layered(boxed)).await.len(), 3);
}

/// Nothing is held back for what may follow.
#[tokio::test(start_paused = true)]
async fn an_event_does_not_wait_for_the_next() {
    let interval = Duration::from_secs(1);
    let events = stream::unfold(0, move |number| async move {
        tokio::time::sleep(interval).await;
        (number < 3).then_some((number, number + 1))
    });
    let events =
        events.map(|number| Ok::<_, Infallible>(sse::Event::default().data(format!("{number}"))));
    let mut body = layered(Sse::new(events.boxed()).into_response());
    let start = tokio::time::Instant::now();
    for number in 0..3 {
        let frame = body.frame().await.unwrap().unwrap().into_data().unwrap();
        assert_eq!(frame, format!("data: {number}\n\n"));
        assert_eq!(start.elapsed(), interval * (number + 1));
    }
}
