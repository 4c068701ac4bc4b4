use std::{
    fmt,
    sync::Arc,
    task::{Context, Poll},
};

use http::{Request, Response};
use tower_service::Service;

use super::{body::EarlyBody, config::Config, future::EarlyHeadFuture};
use crate::{BoxError, IntoSseResponse};

/// A service that sends the head of an event stream before another has an answer. See
/// [`EarlyHeadLayer`](crate::EarlyHeadLayer).
#[derive(Clone)]
pub struct EarlyHead<S> {
    inner: S,
    config: Arc<Config>,
}

impl<S> EarlyHead<S> {
    pub(super) fn new(inner: S, config: Arc<Config>) -> Self {
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

impl<S, ReqBody> Service<Request<ReqBody>> for EarlyHead<S>
where
    S: Service<Request<ReqBody>>,
    S::Response: IntoSseResponse,
    S::Error: Into<BoxError>,
{
    type Response = Response<EarlyBody<S::Future, <S::Response as IntoSseResponse>::Body>>;
    type Error = S::Error;
    type Future = EarlyHeadFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<ReqBody>) -> Self::Future {
        let expects_stream = self.config.expects_stream(&request);
        let answer = self.inner.call(request);
        match expects_stream {
            true => EarlyHeadFuture::early(answer, Arc::clone(&self.config)),
            false => EarlyHeadFuture::direct(answer),
        }
    }
}

impl<S: fmt::Debug> fmt::Debug for EarlyHead<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EarlyHead")
            .field("inner", &self.inner)
            .finish_non_exhaustive()
    }
}
