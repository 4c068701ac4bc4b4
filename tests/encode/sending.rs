//! Items sent through a body.

use std::task::Poll;

use bytes::Bytes;
use futures::{Stream, executor::block_on, stream};
use http_body_util::BodyExt;
use tower_sse::{BoxError, EncodeEvent, Error, EventItem, EventStream};

/// An item, or an error in its place.
pub(crate) type Yielded<'a> = Result<Box<dyn EncodeEvent + 'a>, BoxError>;

/// What a body handed out: its frames, and the error at its end.
pub(crate) struct Sent {
    pub(crate) frames: Vec<Bytes>,
    pub(crate) error: Option<Error>,
}

impl Sent {
    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.frames.concat()
    }
}

/// Makes a stream of items that is pending before those for which `pauses`, over and over, says so.
pub(crate) fn yielding<'a>(
    items: Vec<Yielded<'a>>,
    pauses: Vec<bool>,
) -> impl Stream<Item = Yielded<'a>> {
    let mut items = items.into_iter();
    let mut pauses = pauses.into_iter().cycle();
    let mut paused = false;
    stream::poll_fn(move |cx| {
        paused = !paused && pauses.next().unwrap_or(false);
        if paused {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(items.next())
    })
}

pub(crate) fn send<S: Stream<Item: EventItem>>(body: EventStream<S>) -> Sent {
    let mut body = Box::pin(body);
    let (mut frames, mut error) = (Vec::new(), None);
    while let Some(frame) = block_on(body.frame()) {
        match frame {
            Ok(frame) => frames.push(frame.into_data().unwrap()),
            Err(failure) => error = Some(failure),
        }
    }
    Sent { frames, error }
}
