use std::task::{Context, Poll};

use http::{
    HeaderMap, Method, Request, Version,
    header::{CONTENT_LENGTH, TRANSFER_ENCODING, UPGRADE},
};
use tower_layer::Layer;
use tower_service::Service;

use super::{SocketHandle, handle::RequestBody};

/// A service that adds a [`SocketHandle`] to the extensions of each request. The handle makes it,
/// when used as a layer.
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
        if request.version() < Version::HTTP_2 {
            // hyper calls as soon as it has read the head, so the socket knows where it ended.
            self.handle.set_request(RequestBody::of(&request));
        }
        request.extensions_mut().insert(self.handle.clone());
        self.inner.call(request)
    }
}

impl RequestBody {
    fn of<B>(request: &Request<B>) -> Self {
        let headers = request.headers();
        let open = headers.contains_key(TRANSFER_ENCODING) || headers.contains_key(UPGRADE);
        if open || request.method() == Method::CONNECT {
            return Self::Unknown;
        }
        match Self::length(headers) {
            Some(length) => Self::Bytes(length),
            None => Self::Unknown,
        }
    }

    /// Returns the content length, which is 0 if there is none (RFC 9112, 6.3).
    fn length(headers: &HeaderMap) -> Option<u64> {
        match headers.get(CONTENT_LENGTH) {
            Some(length) => length.to_str().ok()?.parse().ok(),
            None => Some(0),
        }
    }
}
