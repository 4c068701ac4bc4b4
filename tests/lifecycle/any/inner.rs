//! The handler's streams, which do what they are told.

use std::{
    collections::VecDeque,
    panic::resume_unwind,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use futures::Stream;
use http::HeaderMap;
use http_body::{Body, Frame};
use tower_sse::{BoxError, EncodeEvent, Encoder, Event};

/// What bodies of others send: lines and events, whole and cut, and byte order marks.
pub(crate) const PIECES: [&[u8]; 14] = [
    b"data: x\n\n",
    b"id: 7\ndata: y\n\n",
    b"data: z\r\n\r\n",
    b"data: half",
    b"event: e\n",
    b"\n",
    b"\r",
    b"\r\n",
    b": comment\n",
    b"retry: 5\n",
    b"",
    b"\xef\xbb\xbf",
    b"\xef",
    b"\xbb\xbfdata: w\r\r",
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    /// One of the pieces; of a typed stream an event whose data is the number.
    Data(usize),
    Trailers,
    Fail,
    End,
    Panic,
}

/// What is yet to be done. Clones are the same.
#[derive(Clone, Default)]
pub(crate) struct Script(Arc<Mutex<(VecDeque<Act>, Option<Waker>)>>);

impl Script {
    pub(crate) fn push(&self, act: Act) {
        let mut script = self.0.lock().unwrap();
        script.0.push_back(act);
        let waker = script.1.take();
        drop(script);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    fn next(&self, cx: &mut Context<'_>) -> Poll<Act> {
        let mut script = self.0.lock().unwrap();
        if let Some(act) = script.0.pop_front() {
            return Poll::Ready(act);
        }
        script.1 = Some(cx.waker().clone());
        Poll::Pending
    }
}

/// A body that says that it is at its end before it is polled for it, or does not.
pub(crate) struct Scripted {
    pub(crate) script: Script,
    pub(crate) announces: bool,
}

impl Body for Scripted {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        self.script.next(cx).map(|act| match act {
            Act::Data(piece) => Some(Ok(Frame::data(Bytes::from_static(PIECES[piece])))),
            Act::Trailers => Some(Ok(Frame::trailers(HeaderMap::new()))),
            Act::Fail => Some(Err("failed".into())),
            Act::End => None,
            Act::Panic => resume_unwind(Box::new("panicked")),
        })
    }

    fn is_end_stream(&self) -> bool {
        self.announces && self.script.0.lock().unwrap().0.front() == Some(&Act::End)
    }
}

/// The same as a stream of events, which has no trailers. It may be that clients can get later what
/// they miss.
pub(crate) struct Events<const RESUMES: bool>(pub(crate) Script);

impl<const RESUMES: bool> Stream for Events<RESUMES> {
    type Item = Result<Item<RESUMES>, BoxError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            return match self.0.next(cx) {
                Poll::Ready(Act::Data(number)) => Poll::Ready(Some(Ok(Item(number)))),
                Poll::Ready(Act::Trailers) => continue,
                Poll::Ready(Act::Fail) => Poll::Ready(Some(Err("failed".into()))),
                Poll::Ready(Act::End) => Poll::Ready(None),
                Poll::Ready(Act::Panic) => resume_unwind(Box::new("panicked")),
                Poll::Pending => Poll::Pending,
            };
        }
    }
}

/// An event whose data is the number.
pub(crate) struct Item<const RESUMES: bool>(usize);

impl<const RESUMES: bool> EncodeEvent for Item<RESUMES> {
    fn encode(&self, encoder: &mut Encoder) -> Result<(), BoxError> {
        Event::new(self.0.to_string()).encode(encoder)
    }

    fn is_resumable() -> bool {
        RESUMES
    }
}
