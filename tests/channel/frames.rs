use std::{
    pin::Pin,
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use futures::{Stream, stream};
use http_body::Body;
use tower_sse::{
    BoxError, Channel, EncodeEvent, EncodedEvent, Encoder, Event, EventItem, EventStream,
};

use crate::support::*;

fn frame<S>(body: &mut EventStream<S>) -> Option<Bytes>
where
    S: Stream + Unpin,
    S::Item: EventItem,
{
    let mut cx = Context::from_waker(Waker::noop());
    match Pin::new(body).poll_frame(&mut cx) {
        Poll::Ready(frame) => frame.map(|frame| frame.unwrap().into_data().unwrap()),
        Poll::Pending => None,
    }
}

#[test]
fn hold_all_events_that_are_ready() {
    let channel = channel();
    let mut body = EventStream::new(channel.subscribe());
    let ids = publish_numbers(&channel, 1..=100);
    let events = (1..).zip(&ids);
    let expected: String = events
        .map(|(number, id)| format!("data: {number}\nid: {id}\n\n"))
        .collect();
    assert_eq!(frame(&mut body).unwrap(), expected);
    assert_eq!(frame(&mut body), None);
}

#[test]
fn hold_a_notice_with_what_follows_it() {
    let channel = channel();
    let one = publish(&channel, "1");
    let mut body = EventStream::new(resume(&channel, "zzzzzz-1"));
    let zero = sibling(&one, 0);
    let expected = format!("event: gap\ndata: {one}\nid: {zero}\n\ndata: 1\nid: {one}\n\n");
    assert_eq!(frame(&mut body).unwrap(), expected);
}

#[test]
fn hold_no_more_than_they_should() {
    let channel = channel();
    let mut body = EventStream::new(channel.subscribe()).frame_size(0);
    let ids = publish_numbers(&channel, 1..=2);
    for (number, id) in (1..).zip(&ids) {
        let expected = format!("data: {number}\nid: {id}\n\n");
        assert_eq!(frame(&mut body).unwrap(), expected);
    }
    assert_eq!(frame(&mut body), None);
}

#[test]
fn of_one_event_share_its_memory() {
    let channel = channel();
    let mut bodies = [(); 2].map(|()| EventStream::new(channel.subscribe()));
    publish(&channel, "one");
    let [left, right] = bodies.each_mut().map(|body| frame(body).unwrap());
    assert_eq!(left.as_ptr(), right.as_ptr());
}

#[test]
fn start_anew_with_an_event_that_would_make_them_too_large() {
    let channel = Channel::new(options());
    let mut bodies = [(); 2].map(|()| EventStream::new(channel.subscribe()));
    let small = publish(&channel, "small");
    let large = channel.publish(Event::new("x".repeat(1 << 20))).unwrap();
    let last = publish(&channel, "last");
    let large_frames = bodies.each_mut().map(|body| {
        let expected = format!("data: small\nid: {small}\n\n");
        assert_eq!(frame(body).unwrap(), expected);
        let large_frame = frame(body).unwrap();
        assert!(large_frame.ends_with(format!("x\nid: {large}\n\n").as_bytes()));
        assert_eq!(frame(body).unwrap(), format!("data: last\nid: {last}\n\n"));
        assert_eq!(frame(body), None);
        large_frame
    });
    let [left, right] = large_frames.each_ref().map(|frame| frame.as_ptr());
    assert_eq!(left, right, "it is not copied");
}

/// An item of several events, one of them large.
struct Item(Vec<EncodedEvent>);

impl EncodeEvent for Item {
    fn encode(&self, encoder: &mut Encoder) -> Result<(), BoxError> {
        for event in &self.0 {
            encoder.comment("before").encoded(event);
        }
        match self.0.len() {
            0 => Err("empty".into()),
            _ => Ok(()),
        }
    }
}

#[test]
fn do_not_copy_a_large_event_within_an_item() {
    let large = EncodedEvent::from(Event::new("x".repeat(20_000)));
    let small = EncodedEvent::from(Event::new("small"));
    let pointer = large.as_bytes().as_ptr();
    let items = [vec![small.clone(), large.clone(), small], vec![large]].map(Item);
    let mut body = EventStream::new(stream::iter(items));
    let mut frames = std::iter::from_fn(|| frame(&mut body));
    assert_eq!(
        frames.next().unwrap(),
        ": before\n\ndata: small\n\n: before\n\n"
    );
    assert_eq!(frames.next().unwrap().as_ptr(), pointer);
    assert_eq!(
        frames.next().unwrap(),
        ": before\n\ndata: small\n\n: before\n\n"
    );
    assert_eq!(frames.next().unwrap().as_ptr(), pointer);
    assert_eq!(frames.next(), None);
}

/// An item that fails after it has completed a frame.
struct Failing(EncodedEvent);

impl EncodeEvent for Failing {
    fn encode(&self, encoder: &mut Encoder) -> Result<(), BoxError> {
        encoder.data("half").encoded(&self.0).data("another half");
        Err("failed".into())
    }
}

#[test]
fn have_nothing_of_an_item_that_fails() {
    let items: [Box<dyn EncodeEvent>; 2] = [
        Box::new("whole"),
        Box::new(Failing(EncodedEvent::from(Event::new("x".repeat(20_000))))),
    ];
    let mut body = EventStream::new(stream::iter(items)).error_event(|_| Event::new("failed"));
    assert_eq!(frame(&mut body).unwrap(), "data: whole\n\ndata: failed\n\n");
    assert_eq!(frame(&mut body), None);
}
