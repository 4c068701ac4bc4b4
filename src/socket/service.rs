use std::task::{Context, Poll};

use http::Request;
use tower_layer::Layer;
use tower_service::Service;

use super::SocketHandle;

/// Puts a [`SocketHandle`] into the extensions of each request. The handle, as a layer, makes it.
#[derive(Clone, Debug)]
pub struct AddSocketHandle<S> {
    inner: S,
    handle: SocketHandle,
}

impl<S> Layer<S> for SocketHandle {
    type Service = AddSocketHandle<S>;

    fn layer(&self, inner: S) -> AddSocketHandle<S> {
        let handle = self.clone();
        AddSocketHandle { inner, handle }
    }
}

impl<S, B> Service<Request<B>> for AddSocketHandle<S>
where
    S: Service<Request<B>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> S::Future {
        request.extensions_mut().insert(self.handle.clone());
        self.inner.call(request)
    }
}
