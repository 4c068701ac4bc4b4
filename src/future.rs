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

use crate::{IntoSseResponse, SseBody, config::Config, request::RequestFacts, respond::respond};

/// The future of [`Sse`](crate::Sse).
#[pin_project]
pub struct ResponseFuture<F> {
    #[pin]
    inner: F,
    facts: RequestFacts,
    config: Arc<Config>,
}

impl<F> ResponseFuture<F> {
    pub(crate) fn new(inner: F, facts: RequestFacts, config: Arc<Config>) -> Self {
        Self {
            inner,
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
        let response = ready!(this.inner.poll(cx))?.into_sse_response();
        let facts = mem::take(this.facts);
        Poll::Ready(Ok(respond(response, facts, this.config)))
    }
}

impl<F> fmt::Debug for ResponseFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
