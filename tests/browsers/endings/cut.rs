use std::{future::pending, panic::resume_unwind, time::Duration};

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use futures::{StreamExt, stream};
use http::header::CONTENT_TYPE;
use tower_sse::{
    BoxError, Event, EventStream, Lifetime, OpenStreams, Retry, RevokePolicy, Shutdown,
    ShutdownPolicy, SseLayer, SseOptions,
};

/// The `retry` that browsers get.
pub(super) const RETRY: Duration = Duration::from_millis(700);

/// When a stream is cut, after its response.
const TIME: Duration = Duration::from_millis(300);

/// Why a stream is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    Shutdown,
    Lifetime,
    Deadline,
    Revocation,
    Failure,
    Panic,
    /// The lifetime of an adopted stream is over while its body is within an event.
    WithinEvent,
    /// An adopted stream fails within an event.
    FailureWithinEvent,
}

impl Cause {
    pub(super) const ALL: [Self; 8] = [
        Self::Shutdown,
        Self::Lifetime,
        Self::Deadline,
        Self::Revocation,
        Self::Failure,
        Self::Panic,
        Self::WithinEvent,
        Self::FailureWithinEvent,
    ];

    /// Returns `true` if the stream is cut within an event.
    pub(super) fn is_within_event(self) -> bool {
        matches!(self, Self::WithinEvent | Self::FailureWithinEvent)
    }

    /// Returns the path of the stream that is cut for this reason.
    pub(super) fn path(self) -> String {
        format!("/{self:?}")
    }
}

/// Makes streams that send one event, fall silent, and are cut.
#[derive(Clone)]
pub(super) struct Cut {
    cause: Cause,
    shutdown: Shutdown,
    streams: OpenStreams,
}

impl Cut {
    pub(super) fn by(cause: Cause) -> Self {
        Self {
            cause,
            shutdown: Shutdown::new(),
            streams: OpenStreams::new(),
        }
    }

    /// Returns the layer for these streams. With the preamble, clients reconnect after [`RETRY`];
    /// at a shutdown only the last words do, and the preamble has a much longer time.
    pub(super) fn layer(&self) -> SseLayer {
        let layer = SseLayer::new().retry(Retry::fixed(RETRY));
        match self.cause {
            Cause::Shutdown => layer
                .retry(Retry::fixed(Duration::from_secs(60)))
                .shutdown_policy(ShutdownPolicy::immediate().retry(Retry::fixed(RETRY)))
                .shutdown(&self.shutdown),
            Cause::Lifetime => layer.max_lifetime(Lifetime::new(TIME)),
            Cause::Revocation => layer.open_streams(&self.streams),
            Cause::WithinEvent => layer
                .max_lifetime(Lifetime::new(TIME))
                .boundary_timeout(Duration::from_millis(100)),
            Cause::Deadline | Cause::Failure | Cause::Panic | Cause::FailureWithinEvent => layer,
        }
    }

    /// Makes a stream.
    pub(super) fn response(&self) -> Response {
        let (cause, cut) = (self.cause, self.clone());
        let end = stream::once(async move { cut.end().await });
        if cause.is_within_event() {
            let half = stream::iter([Ok("id: 9\ndata: last\n\nid: 10\ndata: half")]);
            let body = Body::from_stream(half.chain(end.map(|end| end.map(|_| ""))));
            return ([(CONTENT_TYPE, "text/event-stream")], body).into_response();
        }
        let options = match cause {
            Cause::Deadline => SseOptions::new().deadline(TIME),
            _ => SseOptions::new(),
        };
        let last = stream::iter([Ok(Event::new("last").id(9))]);
        (options, EventStream::new(last.chain(end))).into_response()
    }

    /// Ends a stream when its time is over.
    async fn end(self) -> Result<Event, BoxError> {
        // From another task, while the stream waits for its next item.
        tokio::spawn(async move {
            tokio::time::sleep(TIME).await;
            match self.cause {
                Cause::Shutdown => self.shutdown.trigger(),
                Cause::Revocation => {
                    self.streams.revoke(RevokePolicy::reconnect(), |_| true);
                }
                _ => {}
            }
        });
        tokio::time::sleep(TIME).await;
        match self.cause {
            Cause::Failure | Cause::FailureWithinEvent => Err("no more".into()),
            // Unlike `panic!`, this prints no message.
            Cause::Panic => resume_unwind(Box::new("no more")),
            _ => pending().await,
        }
    }
}
