use std::{
    pin::Pin,
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use futures::Stream;
use http_body::Body;
use tower_sse::{ChannelEvent, EventStream};

use crate::support::*;

fn frame<S>(body: &mut EventStream<S>) -> Option<Bytes>
where
    S: Stream<Item = ChannelEvent> + Unpin,
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
