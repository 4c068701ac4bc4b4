//! How a stream of events becomes the frames of a body.

use std::{
    cell::Cell,
    future::poll_fn,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use futures::{
    Stream, StreamExt,
    channel::mpsc,
    stream::{self, iter},
};
use http_body::Body;
use http_body_util::BodyExt;
use tower_sse::{
    BoxError, BoxEventStream, EncodeEvent, EncodedEvent, Encoder, Event, EventItem, EventStream,
};

fn poll<B: Body + Unpin>(body: &mut B) -> Poll<Option<Result<B::Data, B::Error>>> {
    let mut cx = Context::from_waker(Waker::noop());
    let frame = Pin::new(body).poll_frame(&mut cx);
    frame.map_ok(|frame| {
        frame
            .into_data()
            .unwrap_or_else(|_| panic!("a frame of data"))
    })
}

fn ready<S>(body: &mut EventStream<S>) -> Option<Bytes>
where
    S: Stream<Item: EventItem> + Unpin,
{
    match poll(body) {
        Poll::Ready(frame) => frame.map(|frame| frame.unwrap()),
        Poll::Pending => panic!("a frame is ready"),
    }
}

#[test]
fn gathers_what_is_ready_into_one_frame() {
    let (sender, events) = mpsc::unbounded();
    let mut body = EventStream::new(events);
    for data in ["a", "b"] {
        sender.unbounded_send(Event::new(data)).unwrap();
    }
    assert_eq!(ready(&mut body).unwrap(), "data: a\n\ndata: b\n\n");
    assert!(poll(&mut body).is_pending());
    sender.unbounded_send(Event::new("c")).unwrap();
    drop(sender);
    assert_eq!(ready(&mut body).unwrap(), "data: c\n\n");
    assert!(body.is_end_stream());
    assert_eq!(ready(&mut body), None);
    assert_eq!(ready(&mut body), None);
}

#[test]
fn ends_a_frame_at_its_size_but_not_within_an_event() {
    let events = || iter(["1", "2", "3"]).map(Event::new);
    let mut body = EventStream::new(events()).frame_size(10);
    assert_eq!(ready(&mut body).unwrap(), "data: 1\n\ndata: 2\n\n");
    assert_eq!(ready(&mut body).unwrap(), "data: 3\n\n");
    for size in [0, 1, 9] {
        let mut body = EventStream::new(events()).frame_size(size);
        assert_eq!(ready(&mut body).unwrap(), "data: 1\n\n");
    }
}

#[test]
fn makes_frames_of_16_kib_by_default() {
    let kib = "x".repeat(1024 - "data: \n\n".len());
    let mut body = EventStream::new(stream::repeat(kib));
    for _ in 0..3 {
        assert_eq!(ready(&mut body).unwrap().len(), 16 * 1024);
    }
}

#[test]
fn fills_a_large_frame_with_small_events() {
    let mut body = EventStream::new(stream::repeat("x")).frame_size(1 << 20);
    assert_eq!(ready(&mut body).unwrap().len(), (1 << 20) / 9 * 9 + 9);
}

#[test]
fn boxes_streams_of_different_types_as_one() {
    let events = [Event::new("one").id(1), Event::new("two")];
    let encoded = EncodedEvent::from(Event::new("three"));
    let bodies: [BoxEventStream; 3] = [
        EventStream::new(iter(events)).into_boxed(),
        EventStream::new(iter([encoded.clone()])).into_boxed(),
        EventStream::new(iter([Ok::<_, BoxError>("four\nfive")])).into_boxed(),
    ];
    let [first, second, third] = bodies.map(|mut body| ready(&mut body).unwrap());
    assert_eq!(first, "id: 1\ndata: one\n\ndata: two\n\n");
    assert_eq!(second.as_ptr(), encoded.as_bytes().as_ptr(), "not a copy");
    assert_eq!(third, "data: four\ndata: five\n\n");
}

#[tokio::test]
async fn fails_in_a_box_as_it_does_outside() {
    struct Failing;

    impl EncodeEvent for Failing {
        fn encode(&self, encoder: &mut Encoder) -> Result<(), BoxError> {
            encoder.data("half");
            Err("no".into())
        }
    }

    let text = |error: tower_sse::Error| Event::new(error.into_inner().to_string());
    let encode = EventStream::new(iter([Failing])).into_boxed();
    let sent = encode.error_event(text).collect().await.unwrap();
    assert_eq!(sent.to_bytes(), "data: no\n\n");

    let items = [Ok("one"), Err(BoxError::from("gone"))];
    let failed = EventStream::new(iter(items)).error_event(text).into_boxed();
    let sent = failed.collect().await.unwrap();
    assert_eq!(sent.to_bytes(), "data: one\n\ndata: gone\n\n");

    let body = EventStream::new(iter([Failing])).into_boxed();
    assert!(body.collect().await.unwrap_err().is_encode());
}

#[test]
fn hands_out_an_encoded_event_without_a_copy() {
    let event = EncodedEvent::from(Event::new("x"));
    let mut body = EventStream::new(iter([event.clone()]));
    assert_eq!(
        ready(&mut body).unwrap().as_ptr(),
        event.as_bytes().as_ptr()
    );

    let mut body = EventStream::new(iter([event.clone(), event]));
    assert_eq!(ready(&mut body).unwrap(), "data: x\n\ndata: x\n\n");
}

#[test]
fn does_not_spin_on_a_stream_that_yields_nothing_for_ever() {
    let mut body = EventStream::new(stream::repeat(Event::default()));
    assert!(poll(&mut body).is_pending());
}

#[test]
fn is_polled_again_after_it_yields() {
    let polled = Rc::new(Cell::new(0));
    let counter = Rc::clone(&polled);
    let nothing = stream::repeat(Event::default())
        .take(5000)
        .inspect(move |_| {
            counter.set(counter.get() + 1);
        });
    let mut body = EventStream::new(nothing);
    let end = futures::executor::block_on(poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)));
    assert!(end.is_none());
    assert_eq!(polled.get(), 5000);
}

#[test]
fn reuses_its_buffer() {
    let event = "x".repeat(200);
    let mut body = EventStream::new(stream::repeat(&*event));
    ready(&mut body);
    let counted = allocation_counter::measure(|| {
        for _ in 0..100 {
            assert_eq!(ready(&mut body).unwrap().len(), 79 * 208);
        }
    });
    assert_handles_alone(&counted);
}

/// A hundred frames are shared with the server, each by a handle; their memory serves again.
fn assert_handles_alone(counted: &allocation_counter::AllocationInfo) {
    assert!(counted.count_total <= 100, "{counted:?}");
    assert!(counted.bytes_total <= 100 * 32, "{counted:?}");
}

#[test]
fn reuses_the_small_buffer_of_a_slow_stream() {
    let (sender, events) = mpsc::unbounded();
    let mut body = EventStream::new(events);
    let send = |body: &mut _| {
        allocation_counter::opt_out(|| sender.unbounded_send("x").unwrap());
        assert_eq!(ready(body).unwrap(), "data: x\n\n");
        assert!(poll(body).is_pending());
    };
    send(&mut body);
    let counted = allocation_counter::measure(|| {
        for _ in 0..100 {
            send(&mut body);
        }
    });
    assert_handles_alone(&counted);
}

#[test]
fn is_not_made_to_waste_by_one_large_event() {
    let large = "x".repeat(8 << 20);
    let events = stream::iter([large]).chain(stream::repeat("small".to_owned()));
    let mut body = EventStream::new(events);
    ready(&mut body);
    let mut unread = Vec::new();
    let counted = allocation_counter::measure(|| {
        // As a server holds them for a client that does not read.
        unread.extend((0..16).map(|_| ready(&mut body)));
    });
    assert!(counted.bytes_current < 17 * 40 * 1024, "{counted:?}");
}

#[test]
fn keeps_no_more_of_an_encoded_event_than_its_bytes() {
    for len in [10, 1000, 100_000] {
        let data = "x".repeat(len);
        let mut encoded = None;
        let counted = allocation_counter::measure(|| {
            encoded = EncodedEvent::new(&data).ok();
        });
        let kept = u64::try_from(counted.bytes_current).unwrap();
        assert_eq!(kept, "data: \n\n".len() as u64 + len as u64);
    }
}

#[test]
fn lets_a_large_buffer_go_when_idle() {
    let (sender, events) = mpsc::unbounded();
    let mut body = EventStream::new(events);
    assert!(poll(&mut body).is_pending());
    let counted = allocation_counter::measure(|| {
        sender.unbounded_send("x".repeat(10_000)).unwrap();
        assert_eq!(ready(&mut body).unwrap().len(), 10_008);
        assert!(poll(&mut body).is_pending());
    });
    assert!(counted.bytes_current < 1024, "{counted:?}");
}

/// Writes half an event, then fails.
struct Broken;

impl EncodeEvent for Broken {
    fn encode(&self, encoder: &mut Encoder) -> Result<(), BoxError> {
        encoder.id(&7.into()).data("half");
        Err("no other half".into())
    }
}

#[test]
fn fails_after_the_events_before_and_with_nothing_of_the_broken_one() {
    let items: [Box<dyn EncodeEvent>; 3] = [
        Box::new(Event::new("a")),
        Box::new(Broken),
        Box::new(Event::new("never")),
    ];
    let mut body = EventStream::new(iter(items));
    assert_eq!(ready(&mut body).unwrap(), "data: a\n\n");
    assert!(
        poll(&mut body).is_pending(),
        "a server flushes when a body is pending"
    );
    let Poll::Ready(Some(Err(error))) = poll(&mut body) else {
        panic!("the body fails");
    };
    assert!(error.is_encode());
    assert_eq!(error.to_string(), "an event could not be encoded");
    assert_eq!(error.into_inner().to_string(), "no other half");
    assert!(matches!(poll(&mut body), Poll::Ready(None)));
}

#[tokio::test(start_paused = true)]
async fn wakes_for_the_error_that_it_held_back() {
    let items: [Result<Event, BoxError>; 1] = [Err("broken".into())];
    let error = EventStream::new(iter(items)).collect().await.unwrap_err();
    assert!(!error.is_encode());
    assert_eq!(error.to_string(), "the stream of events failed");
    assert_eq!(
        std::error::Error::source(&error).unwrap().to_string(),
        "broken"
    );
}

#[test]
fn ends_with_the_error_event_if_one_is_set() {
    let items = [Ok(Event::new("a")), Err("broken"), Ok(Event::new("never"))];
    let mut body = EventStream::new(iter(items))
        .error_event(|error| Event::new(error.into_inner().to_string()))
        .final_event(Event::close());
    assert_eq!(ready(&mut body).unwrap(), "data: a\n\ndata: broken\n\n");
    assert!(body.is_end_stream());
    assert_eq!(ready(&mut body), None);
}

#[test]
fn ends_with_the_closing_event_if_one_is_set() {
    let mut body = EventStream::new(iter(["a"])).final_event(Event::close());
    assert_eq!(
        ready(&mut body).unwrap(),
        "data: a\n\nevent: close\ndata: \n\n"
    );
    assert!(body.is_end_stream());
}

#[test]
fn takes_events_texts_and_results_of_them() {
    fn first<S: Stream<Item: EventItem> + Unpin>(items: S) -> Bytes {
        ready(&mut EventStream::new(items)).unwrap()
    }
    assert_eq!(first(iter(["x"])), "data: x\n\n");
    assert_eq!(first(iter(["x".to_owned()])), "data: x\n\n");
    assert_eq!(first(iter([Bytes::from("x")])), "data: x\n\n");
    assert_eq!(first(iter([std::borrow::Cow::from("x")])), "data: x\n\n");
    assert_eq!(first(iter([&Event::new("x")])), "data: x\n\n");
    assert_eq!(first(iter([std::sync::Arc::new("x")])), "data: x\n\n");
    assert_eq!(first(iter([Ok::<_, std::io::Error>("x")])), "data: x\n\n");
    assert_eq!(first(iter([Ok::<_, String>("x")])), "data: x\n\n");
    assert_eq!(
        first(iter([Ok::<_, std::convert::Infallible>("x")])),
        "data: x\n\n"
    );
}

#[test]
fn keeps_its_error_when_it_is_boxed() {
    let items: [Result<Event, BoxError>; 1] = [Err("broken".into())];
    let mut body = EventStream::new(iter(items)).into_boxed();
    assert!(poll(&mut body).is_pending());
    let Poll::Ready(Some(Err(error))) = poll(&mut body) else {
        panic!("the body fails");
    };
    assert_eq!(error.into_inner().to_string(), "broken");
}

#[tokio::test(start_paused = true)]
async fn fails_if_the_event_of_an_error_cannot_be_made() {
    let items = [Ok(Event::new("one")), Err("no more")];
    let body = EventStream::new(stream::iter(items)).error_event(|_| panic!("nor an event"));
    let mut body = Box::pin(body);
    let first = body.frame().await.unwrap().unwrap().into_data().unwrap();
    assert_eq!(first, "data: one\n\n");
    let error = body.frame().await.unwrap().unwrap_err();
    assert!(error.is_panic());
    assert!(body.frame().await.is_none());
}
