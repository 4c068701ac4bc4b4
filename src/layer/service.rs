use std::{
    fmt,
    sync::Arc,
    task::{Context, Poll},
};

use http::{Request, Response};
use tower_service::Service;

use super::{
    config::Config,
    gate::gate_for,
    request::{RequestFacts, insert_last_event_id},
};
use crate::{IntoSseResponse, ResponseFuture, SseBody};

/// A service that adds headers, heartbeats and reconnect hints to the event streams of another. See
/// [`SseLayer`](crate::SseLayer).
#[derive(Clone)]
pub struct Sse<S> {
    inner: S,
    config: Arc<Config>,
}

impl<S> Sse<S> {
    pub(crate) fn new(inner: S, config: Arc<Config>) -> Self {
        Self { inner, config }
    }

    /// Returns a reference to the service inside.
    pub fn get_ref(&self) -> &S {
        &self.inner
    }

    /// Returns a mutable reference to the service inside.
    pub fn get_mut(&mut self) -> &mut S {
        &mut self.inner
    }

    /// Returns the service inside.
    pub fn into_inner(self) -> S {
        self.inner
    }
}

impl<S, ReqBody> Service<Request<ReqBody>> for Sse<S>
where
    S: Service<Request<ReqBody>>,
    S::Response: IntoSseResponse,
{
    type Response = Response<SseBody<<S::Response as IntoSseResponse>::Body>>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<ReqBody>) -> Self::Future {
        insert_last_event_id(&mut request, self.config.last_event_id_query.as_deref());
        let mut facts = RequestFacts::of(&request, &self.config);
        let gate = gate_for(&mut request, &mut facts, &self.config);
        let config = Arc::clone(&self.config);
        ResponseFuture::new(self.inner.call(request), gate, facts, config)
    }
}

impl<S: fmt::Debug> fmt::Debug for Sse<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sse")
            .field("inner", &self.inner)
            .finish_non_exhaustive()
    }
}
