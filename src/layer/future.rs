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

use super::{
    config::Config,
    gate::Gate,
    request::RequestFacts,
    response::{deny, respond},
};
use crate::{IntoSseResponse, SseBody};

/// The future of [`Sse`](crate::Sse).
#[pin_project]
pub struct ResponseFuture<F> {
    #[pin]
    inner: F,
    /// `None` where nothing keeps the request from the handler.
    entry: Option<Box<Gate>>,
    facts: RequestFacts,
    config: Arc<Config>,
}

impl<F> ResponseFuture<F> {
    pub(crate) fn new(
        inner: F,
        entry: Option<Box<Gate>>,
        facts: RequestFacts,
        config: Arc<Config>,
    ) -> Self {
        Self {
            inner,
            entry,
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
        // A request that is refused is never given to the handler: an async function does nothing
        // before its first poll.
        if let Some(entry) = this.entry {
            if let Err(denied) = ready!(entry.poll(this.facts, this.config, cx)) {
                let facts = mem::take(this.facts);
                return Poll::Ready(Ok(deny(denied, facts, this.config)));
            }
        }
        let response = ready!(this.inner.poll(cx))?.into_sse_response();
        let facts = mem::take(this.facts);
        let held = this.entry.take().and_then(|entry| entry.into_held());
        Poll::Ready(Ok(respond(response, facts, held, this.config)))
    }
}

impl<F> fmt::Debug for ResponseFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
