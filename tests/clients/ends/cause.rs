use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    Extension,
    body::Body,
    http::header::CONTENT_TYPE,
    response::{IntoResponse, Response},
};
use futures::{FutureExt, StreamExt, stream};
use tokio::sync::Notify;
use tower_sse::{
    EventStream, Lifetime, OpenStreams, Retry, RevokePolicy, Shutdown, ShutdownPolicy, SseLayer,
};

use super::{FINAL_RETRY, protocol::Protocol};

/// What ends a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    /// Nothing: the answer is whole.
    Completion,
    Shutdown,
    Lifetime,
    Deadline,
    Revocation,
    /// A revocation after which the client is not to come back.
    RevocationForGood,
    Failure,
    Panic,
    /// A shutdown while the body is in the middle of an event, and stays there.
    ShutdownInsideAnEvent,
}

/// How long an answer takes that is cut by time. The half of it is there at once.
const TIME: Duration = Duration::from_millis(300);
const GRACE: Duration = Duration::from_millis(50);

const FAILURE: &str = "the handler's stream fails";

/// What a test ends a stream by.
#[derive(Clone, Default)]
pub(super) struct Levers {
    shutdown: Shutdown,
    streams: OpenStreams,
    handler: Arc<Notify>,
}

impl Cause {
    pub(super) fn layer(self, levers: &Levers) -> SseLayer {
        let shutdown_policy = ShutdownPolicy::grace(GRACE).retry(Retry::fixed(FINAL_RETRY));
        let layer = SseLayer::new()
            .shutdown(&levers.shutdown)
            .shutdown_policy(shutdown_policy)
            .boundary_timeout(GRACE)
            .open_streams(&levers.streams);
        match self {
            Self::Lifetime => layer.max_lifetime(Lifetime::new(TIME)),
            _ => layer,
        }
    }

    /// Responds with half of an answer, and what then comes.
    pub(super) fn respond(self, protocol: &Protocol, levers: Levers) -> Response {
        let pulled = levers.handler.clone().notified_owned();
        let rest = match self {
            Self::Completion => stream::iter(protocol.rest()).map(Ok).boxed(),
            Self::Failure => pulled.map(|()| Err(FAILURE)).into_stream().boxed(),
            Self::Panic => pulled.map(|()| panic!("{FAILURE}")).into_stream().boxed(),
            Self::ShutdownInsideAnEvent => return adopted(protocol, levers),
            _ => stream::pending().boxed(),
        };
        let events = stream::iter(protocol.half()).map(Ok).chain(rest);
        let mut response = EventStream::new(events).into_response();
        let options = match self {
            Self::Deadline => (protocol.options)().deadline(TIME),
            _ => (protocol.options)(),
        };
        response.extensions_mut().insert(options);
        response
    }

    /// Lets it happen, if it does not happen by itself.
    pub(super) fn happen(self, levers: &Levers) {
        match self {
            Self::Completion | Self::Lifetime | Self::Deadline => (),
            Self::Shutdown => levers.shutdown.trigger(),
            Self::Revocation => levers.revoke(RevokePolicy::reconnect()),
            Self::RevocationForGood => levers.revoke(RevokePolicy::stop_reconnecting()),
            Self::Failure | Self::Panic | Self::ShutdownInsideAnEvent => {
                levers.handler.notify_one()
            }
        }
    }
}

/// Responds as a proxy whose upstream stops inside of an event. Then the server shuts down.
fn adopted(protocol: &Protocol, levers: Levers) -> Response {
    let [half, begun] = protocol.bytes();
    let half = stream::iter([Ok::<_, Infallible>(half)]);
    let pulled = levers.handler.notified_owned();
    let begun = pulled.map(move |()| {
        levers.shutdown.trigger();
        Ok(begun)
    });
    let body = half.chain(begun.into_stream()).chain(stream::pending());
    let content_type = [(CONTENT_TYPE, "text/event-stream")];
    let options = Extension((protocol.options)());
    (content_type, options, Body::from_stream(body)).into_response()
}

impl Levers {
    fn revoke(&self, policy: RevokePolicy) {
        assert_eq!(self.streams.revoke(policy, |_| true), 1);
    }
}
