use std::{
    fmt,
    future::Future,
    mem,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use http::Response;
use pin_project::pin_project;

use super::{config::Config, gate::Gate, reject::deny, request::RequestFacts, response::respond};
use crate::{IntoSseResponse, SseBody};

/// The response future of [`Sse`](crate::Sse).
#[pin_project]
pub struct ResponseFuture<F> {
    #[pin]
    inner: F,
    /// `None` if the handler gets the request at once.
    gate: Option<Box<Gate>>,
    facts: RequestFacts,
    config: Arc<Config>,
}

impl<F> ResponseFuture<F> {
    pub(crate) fn new(
        inner: F,
        gate: Option<Box<Gate>>,
        facts: RequestFacts,
        config: Arc<Config>,
    ) -> Self {
        Self {
            inner,
            gate,
            facts,
            config,
        }
    }
}

impl<F, R, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<R, E>>,
    R: IntoSseResponse,
{
    type Output = Result<Response<SseBody<R::Body>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        // A request that is denied does not reach the handler, though its future exists: an async
        // function does nothing before its first poll.
        if let Some(gate) = this.gate {
            if let Err(denied) = ready!(gate.poll(this.facts, this.config, cx)) {
                let facts = mem::take(this.facts);
                return Poll::Ready(Ok(deny(denied, facts, this.config)));
            }
        }
        let response = ready!(this.inner.poll(cx))?.into_sse_response();
        let facts = mem::take(this.facts);
        let permits = this.gate.take().and_then(|gate| gate.into_permits());
        Poll::Ready(Ok(respond(response, facts, permits, this.config)))
    }
}

impl<F> fmt::Debug for ResponseFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
