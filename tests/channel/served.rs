use std::{
    convert::Infallible,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use futures::{FutureExt, Stream};
use http::{Request, Response};
use http_body::Body;
use http_body_util::{BodyExt, combinators::UnsyncBoxBody};
use hyper::rt::Timer;
use tower::{Layer, ServiceExt, service_fn};
use tower_sse::{
    BoxError, CloseReason, EventItem, EventStream, Heartbeat, Preamble, SseLayer, StreamSummary,
};

use crate::{
    decode::{Client, Seen},
    task::Task,
};

/// A stream as a server has it: behind a layer, and boxed on both sides.
pub(crate) struct Served {
    body: UnsyncBoxBody<Bytes, BoxError>,
    client: Client,
    summary: Arc<Mutex<Option<StreamSummary>>>,
}

/// What a poll of a body came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Polled {
    Frame(Vec<Seen>),
    End,
    Pending,
}

/// A layer that says nothing of its own.
pub(crate) fn silent(timer: impl Timer + Send + Sync + 'static) -> SseLayer {
    SseLayer::with_timer(timer)
        .preamble(Preamble::off())
        .heartbeat(Heartbeat::off())
}

impl Served {
    pub(crate) fn new<S>(layer: SseLayer, stream: EventStream<S>) -> Self
    where
        S: Stream + Send + 'static,
        S::Item: EventItem,
    {
        let summary = Arc::<Mutex<Option<StreamSummary>>>::default();
        let reported = Arc::clone(&summary);
        let layer = layer.on_close(move |summary| {
            let before = reported.lock().unwrap().replace(summary.clone());
            assert!(before.is_none(), "a stream closes once");
        });
        let response: Response<_> = stream.into();
        let mut response = Some(response.map(BodyExt::boxed_unsync));
        let service = layer.layer(service_fn(move |_| {
            let response = response.take().unwrap();
            async { Ok::<_, Infallible>(response) }
        }));
        let Ok(response) = service.oneshot(Request::new(())).now_or_never().unwrap();
        let body = response.into_body();
        Self {
            body: body.map_err(BoxError::from).boxed_unsync(),
            client: Client::default(),
            summary,
        }
    }

    pub(crate) fn poll(&mut self, waker: &Waker) -> Polled {
        let mut cx = Context::from_waker(waker);
        match Pin::new(&mut self.body).poll_frame(&mut cx) {
            Poll::Ready(Some(frame)) => {
                let data = frame.unwrap().into_data().unwrap();
                Polled::Frame(self.client.read(&data))
            }
            Poll::Ready(None) => Polled::End,
            Poll::Pending => Polled::Pending,
        }
    }

    /// Reads all that is ready. Returns also whether the body has ended.
    pub(crate) fn read(&mut self) -> (Vec<Seen>, bool) {
        let (task, mut seen) = (Task::default(), Vec::new());
        loop {
            match self.poll(&task.waker()) {
                Polled::Frame(frame) => seen.extend(frame),
                // A subscription that yields wakes its task.
                Polled::Pending if task.wakes() > 0 => {}
                polled => return (seen, polled == Polled::End),
            }
        }
    }

    /// Reads to the end. Returns `true` if it is a failure.
    pub(crate) async fn fails(&mut self) -> bool {
        loop {
            match self.body.frame().await {
                Some(Ok(_)) => {}
                end => return end.is_some(),
            }
        }
    }

    /// Returns what the layer has reported, if the stream has ended.
    pub(crate) fn summary(&self) -> Option<StreamSummary> {
        self.summary.lock().unwrap().clone()
    }

    /// Drops the body, and returns what the layer has reported of it.
    pub(crate) fn leave(self) -> StreamSummary {
        drop(self.body);
        self.summary.lock().unwrap().take().unwrap()
    }

    /// Reads to the end, and returns why it ended.
    pub(crate) fn ends(mut self) -> CloseReason {
        let (_, is_ended) = self.read();
        assert!(is_ended);
        self.leave().reason
    }
}
