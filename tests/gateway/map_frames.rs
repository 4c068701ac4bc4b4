//! The frames of a body whose events are mapped: gathered, and copied only where they must be.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body::Body;
use tower_sse::{Event, EventAction, EventMapBody, RawEvent};

use crate::{
    bodies::{Act::*, *},
    task::Task,
};

const FRAME: usize = 16 * 1024;

fn keep(_: RawEvent<'_>) -> EventAction {
    EventAction::Keep
}

/// An event of a length.
fn event(len: usize) -> Bytes {
    format!("data: {}\n\n", "x".repeat(len - "data: \n\n".len())).into()
}

#[tokio::test]
async fn a_thousand_small_frames_are_two() {
    // Of 24 bytes: 682 of them make 16,368, and one more would be over 16,384.
    let body = EventMapBody::new(chunks(vec![event(24); 1000]), keep);
    let lengths: Vec<_> = frames(body).await.0.iter().map(Bytes::len).collect();
    assert_eq!(lengths, [682 * 24, 318 * 24]);
}

#[tokio::test]
async fn a_row_of_events_in_one_chunk_is_a_slice_of_it() {
    let chunk: Bytes = [event(24), event(30), event(FRAME), event(24)]
        .concat()
        .into();
    let body = EventMapBody::new(chunks([chunk.clone()]), keep);
    let [frame] = &frames(body).await.0[..] else {
        panic!("it is one frame");
    };
    assert_eq!(frame.as_ptr_range(), chunk.as_ptr_range());

    // Where an event goes, the rows before and after it do not become one.
    let mut count = 0;
    let body = EventMapBody::new(chunks([chunk.clone()]), |_| {
        count += 1;
        match count {
            2 => EventAction::Drop,
            _ => EventAction::Keep,
        }
    });
    let frames = frames(body).await.0;
    let ranges: Vec<_> = frames.iter().map(|frame| frame.as_ptr_range()).collect();
    assert_eq!(ranges[1], chunk.slice(54..).as_ptr_range());
    assert_eq!(frames[0], chunk.slice(..24));
}

#[tokio::test]
async fn a_large_chunk_with_large_replacements_is_bounded() {
    // 1,000 events become 10 MB, of which no more than a frame waits.
    let mut made = 0;
    let text = "y".repeat(10_000);
    let body = EventMapBody::new(chunks([vec![b'\n'; 0], event(24).repeat(1000)]), |_| {
        made += 1;
        EventAction::replace(Event::new(text.clone()))
    });
    let mut body = Box::pin(body);
    let first = next(&mut body).await.unwrap();
    assert!(first.len() >= 10_000 && first.len() < 2 * FRAME);
    drop(body);
    assert!(made <= 4, "{made}");
}

#[test]
fn no_event_waits_for_what_may_follow() {
    let task = Task::default();
    let acts = [Data(event(24)), Data(event(25)), Wait, Data(event(26))];
    let mut body = EventMapBody::new(acting(acts), keep);
    let mut poll = || {
        let waker = task.waker();
        Pin::new(&mut body)
            .poll_frame(&mut Context::from_waker(&waker))
            .map(|frame| frame.map(|frame| frame.unwrap().into_data().unwrap().len()))
    };
    assert_eq!(poll(), Poll::Ready(Some(49)));
    assert_eq!(poll(), Poll::Pending, "so that the server flushes");
    assert_eq!(
        task.wakes(),
        2,
        "by the body, and for what it may have woken"
    );
    assert_eq!(poll(), Poll::Ready(Some(26)));
    assert_eq!(poll(), Poll::Ready(None));
}

#[test]
fn what_goes_nowhere_does_not_hold_the_thread() {
    let task = Task::default();
    let mut seen = 0;
    let body = chunks(vec![event(24); 5000]);
    let mut body = EventMapBody::new(body, |_| {
        seen += 1;
        EventAction::Drop
    });
    let waker = task.waker();
    let mut cx = Context::from_waker(&waker);
    let mut polls = 0;
    while Pin::new(&mut body).poll_frame(&mut cx).is_pending() {
        assert!(task.wakes() > 0);
        polls += 1;
    }
    assert_eq!(polls, 5000 / 1024);
    drop(body);
    assert_eq!(seen, 5000);
}
