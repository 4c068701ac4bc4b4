//! When the server sees that a body is pending, which is when it flushes.

use std::{
    convert::Infallible,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    task::{Context, Poll},
};

use bytes::Bytes;
use futures::{
    Stream, StreamExt,
    channel::mpsc::{UnboundedSender, unbounded},
    stream::{self, BoxStream},
};
use http::Response;
use http_body::{Body, Frame};
use http_body_util::StreamBody;
use tower_sse::{BoxError, EncodeEvent, EncodedEvent, Encoder, Error, Event, EventStream};

use crate::feed::{Task, adopt, layered};

type BoxBody = Pin<Box<dyn Body<Data = Bytes, Error = Error>>>;

type Texts = BoxStream<'static, &'static str>;

/// Returns a stream of these events in all ways in which it becomes a body.
fn bodies(mut texts: impl FnMut() -> Texts) -> [BoxBody; 3] {
    let frame = |text| Ok::<_, Infallible>(Frame::data(event(text)));
    [
        Box::pin(EventStream::new(texts())),
        Box::pin(layered(Response::from(EventStream::new(texts())))),
        Box::pin(layered(adopt(StreamBody::new(texts().map(frame))))),
    ]
}

fn event(text: &str) -> Bytes {
    format!("data: {text}\n\n").into()
}

/// Each body with what feeds it.
fn fed() -> Vec<(BoxBody, UnboundedSender<&'static str>)> {
    let mut senders = Vec::new();
    let bodies = bodies(|| {
        let (sender, events) = unbounded();
        senders.push(sender);
        events.boxed()
    });
    bodies.into_iter().zip(senders.split_off(0)).collect()
}

/// Polls once more than there are events, and wakes itself before each event.
struct WakesItself {
    polls: Arc<AtomicUsize>,
    has_yielded: bool,
}

impl Stream for WakesItself {
    type Item = &'static str;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<&'static str>> {
        self.polls.fetch_add(1, SeqCst);
        self.has_yielded = !self.has_yielded;
        if self.has_yielded {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(Some("x"))
    }
}

#[test]
fn a_stream_that_wakes_itself_is_not_polled_before_the_server_has_flushed() {
    let polls = Arc::new(AtomicUsize::new(0));
    let bodies = bodies(|| {
        let polls = Arc::clone(&polls);
        let has_yielded = true;
        WakesItself { polls, has_yielded }.boxed()
    });
    for mut body in bodies {
        let task = Task::default();
        for _ in 0..4 {
            polls.store(0, SeqCst);
            assert_eq!(task.text(&mut body), "data: x\n\n");
            assert_eq!(polls.load(SeqCst), 2);
            task.wakes();
            task.assert_pending(&mut body);
            assert_eq!(polls.load(SeqCst), 2);
            assert_eq!(task.wakes(), 1);
        }
    }
}

#[test]
fn a_stream_that_waits_is_not_polled_again_without_reason() {
    for (mut body, sender) in fed() {
        let task = Task::default();
        let send = || sender.unbounded_send("x").unwrap();
        send();
        assert_eq!(task.text(&mut body), "data: x\n\n");
        task.assert_pending(&mut body);
        // Once in its life, for the first poll was by the task's own waker.
        assert_eq!(task.wakes(), 1);
        task.assert_pending(&mut body);
        for _ in 0..3 {
            send();
            assert_eq!(task.wakes(), 1);
            assert_eq!(task.text(&mut body), "data: x\n\n");
            task.assert_pending(&mut body);
            task.assert_pending(&mut body);
            assert_eq!(task.wakes(), 0);
        }
    }
}

/// What happens while the socket is full: hyper is woken, and has no use for the body.
#[test]
fn a_wake_up_without_a_poll_is_not_lost() {
    for (mut body, sender) in fed() {
        let task = Task::default();
        let send = || sender.unbounded_send("x").unwrap();
        send();
        for _ in 0..4 {
            assert_eq!(task.text(&mut body), "data: x\n\n");
            send();
            assert_eq!(task.wakes(), 1);
            task.assert_pending(&mut body);
            assert_eq!(task.wakes(), 1);
        }
    }
}

#[test]
fn the_task_that_polled_last_is_woken() {
    for (mut body, sender) in fed() {
        let send = || sender.unbounded_send("x").unwrap();
        send();
        for _ in 0..4 {
            let tasks = [(); 4].map(|()| Task::default());
            let [first, second, third, fourth] = &tasks;
            assert_eq!(first.text(&mut body), "data: x\n\n");
            second.assert_pending(&mut body);
            second.wakes();
            third.assert_pending(&mut body);
            assert_eq!(second.wakes(), 0);
            send();
            assert_eq!(tasks.each_ref().map(Task::wakes), [0, 0, 1, 0]);
            assert_eq!(fourth.text(&mut body), "data: x\n\n");
            fourth.assert_pending(&mut body);
            fourth.assert_pending(&mut body);
            fourth.wakes();
            send();
            assert_eq!(tasks.each_ref().map(Task::wakes), [0, 0, 0, 1]);
        }
    }
}

#[test]
fn the_task_that_got_pending_is_woken_without_another_poll() {
    for (mut body, sender) in fed() {
        let send = || sender.unbounded_send("x").unwrap();
        let [first, second] = [(); 2].map(|()| Task::default());
        send();
        first.text(&mut body);
        first.assert_pending(&mut body);
        first.assert_pending(&mut body);
        for _ in 0..3 {
            send();
            first.text(&mut body);
            second.assert_pending(&mut body);
            let _before = [&first, &second].map(Task::wakes);
            send();
            assert_eq!([&first, &second].map(Task::wakes), [0, 1]);
            second.text(&mut body);
            second.assert_pending(&mut body);
            first.assert_pending(&mut body);
        }
    }
}

#[test]
fn a_full_frame_is_followed_by_the_next_at_once() {
    const LARGE: &str = match std::str::from_utf8(&[b'x'; 16 * 1024]) {
        Ok(text) => text,
        Err(_) => "",
    };
    for (mut body, sender) in fed() {
        let task = Task::default();
        for _ in 0..3 {
            sender.unbounded_send(LARGE).unwrap();
        }
        for _ in 0..3 {
            assert_eq!(task.text(&mut body), format!("data: {LARGE}\n\n"));
        }
        task.assert_pending(&mut body);
        assert_eq!(task.wakes(), 0);
    }
}

#[test]
fn a_stream_that_ends_is_over_at_once() {
    for (mut body, sender) in fed() {
        let task = Task::default();
        sender.unbounded_send("x").unwrap();
        drop(sender);
        assert_eq!(task.text(&mut body), "data: x\n\n");
        assert!(body.is_end_stream());
        assert!(matches!(task.poll(&mut body), Poll::Ready(None)));
        assert_eq!(task.wakes(), 0);
    }
}

#[test]
fn a_stream_that_panics_fails_after_what_came_before() {
    let event = |goes_on| match goes_on {
        true => "x",
        false => std::panic::resume_unwind(Box::new("out of order")),
    };
    let mut body = EventStream::new(futures::stream::iter([true, false]).map(event));
    let task = Task::default();
    assert_eq!(task.text(&mut body), "data: x\n\n");
    task.assert_pending(&mut body);
    assert_eq!(task.wakes(), 1);
    assert!(matches!(task.poll(&mut body), Poll::Ready(Some(Err(error))) if error.is_panic()));
}

/// Two events that do not fit in one frame, as one item.
struct Two([EncodedEvent; 2]);

impl EncodeEvent for Two {
    fn encode(&self, encoder: &mut Encoder) -> Result<(), BoxError> {
        let [one, two] = &self.0;
        encoder.encoded(one).encoded(two);
        Ok(())
    }
}

#[test]
fn all_frames_leave_before_the_pending_that_ended_the_last_of_them() {
    let events = ["a", "b"].map(|text| EncodedEvent::from(Event::new(text.repeat(9_000))));
    let pointers = events.each_ref().map(|event| event.as_bytes().as_ptr());
    let polls = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&polls);
    let waits = stream::poll_fn(move |_| {
        count.fetch_add(1, SeqCst);
        Poll::<Option<Two>>::Pending
    });
    let mut body = EventStream::new(stream::iter([Two(events)]).chain(waits));
    let task = Task::default();
    let mut poll = || match task.poll(&mut body) {
        Poll::Ready(frame) => Some(frame.unwrap().unwrap().into_data().unwrap().as_ptr()),
        Poll::Pending => None,
    };
    assert_eq!(poll(), Some(pointers[0]));
    let before = polls.load(SeqCst);
    assert_eq!(poll(), Some(pointers[1]));
    assert_eq!(poll(), None);
    // The first frame left because the item was too much for one, so the stream is polled again with
    // the second, and not once more for its `Pending`.
    assert!(polls.load(SeqCst) <= before + 1);
}
