//! The handler's streams, which do what a script says.

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

use crate::any::commands::{Action, PIECES};

/// The actions to come. Clones share them.
#[derive(Clone, Default)]
pub(crate) struct Script(Arc<Mutex<(VecDeque<Action>, Option<Waker>)>>);

impl Script {
    pub(crate) fn push(&self, action: Action) {
        let mut script = self.0.lock().unwrap();
        script.0.push_back(action);
        let waker = script.1.take();
        drop(script);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    fn next(&self, cx: &mut Context<'_>) -> Poll<Action> {
        let mut script = self.0.lock().unwrap();
        if let Some(action) = script.0.pop_front() {
            return Poll::Ready(action);
        }
        script.1 = Some(cx.waker().clone());
        Poll::Pending
    }
}

/// A body of bytes, which may announce its end by `is_end_stream`.
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
        self.script.next(cx).map(|action| match action {
            Action::Data(piece) => Some(Ok(Frame::data(Bytes::from_static(PIECES[piece])))),
            Action::Trailers => Some(Ok(Frame::trailers(HeaderMap::new()))),
            Action::Fail => Some(Err("failed".into())),
            Action::End => None,
            Action::Panic => resume_unwind(Box::new("panicked")),
        })
    }

    fn is_end_stream(&self) -> bool {
        self.announces && self.script.0.lock().unwrap().0.front() == Some(&Action::End)
    }
}

/// A stream of events. It has no trailers.
pub(crate) struct Events<const RESUMABLE: bool>(pub(crate) Script);

impl<const RESUMABLE: bool> Stream for Events<RESUMABLE> {
    type Item = Result<Item<RESUMABLE>, BoxError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            return match self.0.next(cx) {
                Poll::Ready(Action::Data(number)) => Poll::Ready(Some(Ok(Item(number)))),
                Poll::Ready(Action::Trailers) => continue,
                Poll::Ready(Action::Fail) => Poll::Ready(Some(Err("failed".into()))),
                Poll::Ready(Action::End) => Poll::Ready(None),
                Poll::Ready(Action::Panic) => resume_unwind(Box::new("panicked")),
                Poll::Pending => Poll::Pending,
            };
        }
    }
}

/// An event whose data is the number.
pub(crate) struct Item<const RESUMABLE: bool>(usize);

impl<const RESUMABLE: bool> EncodeEvent for Item<RESUMABLE> {
    fn encode(&self, encoder: &mut Encoder) -> Result<(), BoxError> {
        Event::new(self.0.to_string()).encode(encoder)
    }

    fn is_resumable() -> bool {
        RESUMABLE
    }
}
