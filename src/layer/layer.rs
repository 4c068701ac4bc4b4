use std::{hash::Hash, sync::Arc};

use hyper::rt::Timer;
use tower_layer::Layer;

use super::{
    config::{Config, ExpectsStream},
    limit::{KeyedLimit, MaxStreams},
};
use crate::{LimitPolicy, RequestHead, Shutdown, Sse, SseOptions, time::SharedTimer};

/// A [`Layer`] that adds headers, heartbeats and reconnect hints to event-stream responses.
///
/// A response is an event stream if its status is 200 and its `Content-Type` is `text/event-stream`,
/// whatever made it: an [`EventStream`](crate::EventStream), `axum::response::Sse`, a reverse proxy. (Of
/// several types the last valid one counts, as in browsers.) Every other response passes through
/// untouched.
///
/// ```
/// use futures_util::stream;
/// use http_body_util::{BodyExt, Empty};
/// use std::{convert::Infallible, time::Duration};
/// use tower::{Layer, ServiceExt, service_fn};
/// use tower_sse::{Event, EventStream, Retry, SseLayer};
///
/// # #[cfg(feature = "tokio")]
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let service = service_fn(|_request: http::Request<Empty<&[u8]>>| async {
///     Ok::<_, Infallible>(EventStream::new(stream::iter([Event::new("hello")])))
/// });
/// let layer = SseLayer::new().retry(Retry::fixed(Duration::from_secs(3)));
///
/// let request = http::Request::new(Empty::new());
/// let response = layer.layer(service).oneshot(request).await.unwrap();
///
/// assert_eq!(response.headers()["content-type"], "text/event-stream; charset=utf-8");
/// let body = response.into_body().collect().await.unwrap().to_bytes();
/// assert_eq!(&body[..], b"retry: 3000\ndata: hello\n\n");
/// # }
/// # #[cfg(not(feature = "tokio"))] fn main() {}
/// ```
///
/// # Changes to a stream
///
/// - **Headers.** It adds missing ones, removes wrong ones, and keeps the handler's:
///   `Cache-Control: no-store, no-transform`, `X-Accel-Buffering: no`, over HTTP/1.1
///   `Connection: keep-alive`, over HTTP/1.0 `close`; over HTTP/2 and 3 it removes the connection's
///   headers. It removes `Content-Length`. A `Content-Type` that some clients reject, such as one with
///   another charset than `utf-8`, becomes `text/event-stream; charset=utf-8`. It removes `ETag`,
///   `Last-Modified`, `Accept-Ranges` and digests, also from trailers, since they are wrong once the layer
///   has inserted bytes.
/// - **A first line at once** ([`Preamble`](crate::Preamble)), which says how long to wait before a
///   reconnect ([`Retry`](crate::Retry)).
/// - **Heartbeats** while the stream is silent ([`Heartbeat`](crate::Heartbeat)), only where they are
///   safe, however the body inside splits its frames.
/// - **Few frames.** Small frames of a body that are ready leave as one, up to 16 KiB, and empty ones
///   not at all. None is held back for what may follow.
/// - **A late failure.** When the body inside fails or panics, the stream breaks a tenth of a second
///   later, so that the server has time to flush what came before. A client that reads slower than
///   that loses some of it. [`EventStream::error_event`](crate::EventStream::error_event) and
///   [`FinalEvents::failure`](crate::FinalEvents::failure) lose nothing.
/// - **HEAD** gets the head, and the body inside is dropped at once.
/// - **An end**, if one is set: [`shutdown`](Self::shutdown), [`max_lifetime`](Self::max_lifetime),
///   [`open_streams`](Self::open_streams). A stream whose client reconnects ends cleanly, between two
///   events; any other gets a final event or breaks ([`SseOptions::resumable`]).
/// - **Limits.** A stream gets a place among those that may be open
///   ([`max_streams`](Self::max_streams)), or is rejected.
/// - **Callbacks** when it opens, closes or is rejected: [`on_open`](Self::on_open),
///   [`on_close`](Self::on_close), [`on_reject`](Self::on_reject).
///
/// A stream with a `Content-Encoding` gets the headers alone: nothing can be inserted into it.
///
/// [`SseOptions`] set heartbeat, `retry`, preamble, the `Connection` header, lifetime, deadline, the
/// shutdown policy, whether the stream is resumable, final events, labels, tags and data for one response.
/// The layer adds a [`LastEventId`](crate::LastEventId) to the extensions of the request.
///
/// # Order of layers
///
/// From the outermost to the innermost, as `ServiceBuilder` lists them; `axum::Router::layer` puts each
/// layer around those before it:
///
/// 1. **Tracing and CORS outside** of `SseLayer`: a single response without the headers of CORS, even
///    a rejection, stops a browser for good.
/// 2. **`SseLayer`**, once for a whole router or on single routes. Two of them around one service
///    double nothing: the inner one acts, with the options of both. (Layers between them must not poll
///    the body: once it has been polled, the outer layer can add nothing.)
/// 3. **Timeouts inside**, for the head of the response; one for the whole body ends streams.
///    `tower::limit::ConcurrencyLimit` counts a stream only until its head is ready.
///
/// **Compression**: tower-http's layer leaves `text/event-stream` alone by default, wherever it is. With
/// another predicate it flushes whenever the body is pending, so that no event waits. A stream that is
/// compressed inside `SseLayer` gets no preamble, heartbeats or final events; in one that is compressed
/// outside they are compressed too.
///
/// ```
/// # #[cfg(feature = "tokio")]
/// # fn app() -> axum::Router {
/// use axum::{Router, http::{Response, StatusCode}, routing::get};
/// use futures_util::stream;
/// use std::time::Duration;
/// use tower::ServiceBuilder;
/// use tower_http::{
///     compression::CompressionLayer, cors::CorsLayer, timeout::TimeoutLayer, trace::TraceLayer,
/// };
/// use tower_sse::{EventStream, SseLayer};
///
/// let patience = Duration::from_secs(10);
/// let app = Router::new()
///     .route("/sse", get(async || Response::from(EventStream::new(stream::iter(["hello"])))))
///     .layer(
///         ServiceBuilder::new()
///             .layer(TraceLayer::new_for_http())
///             .layer(CorsLayer::permissive())
///             .layer(CompressionLayer::new())
///             .layer(SseLayer::new())
///             .layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, patience)),
///     );
/// # app
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "a layer does nothing until it is put around a service"]
pub struct SseLayer {
    pub(crate) config: Arc<Config>,
}

impl SseLayer {
    /// Creates a layer with the timer of another runtime, such as smol's
    /// (`smol_hyper::rt::SmolTimer`), or of a test.
    ///
    /// tokio's runtime is then not used. (The crate `tokio` remains a dependency, for its channels.)
    pub fn with_timer<T: Timer + Send + Sync + 'static>(timer: T) -> Self {
        let config = Config::new(SharedTimer::new(timer));
        Self {
            config: Arc::new(config),
        }
    }

    /// Reads the last event id from this parameter of the query too, if the header is missing.
    ///
    /// It is for polyfills, which call it `lastEventId`, and for pages that continue from where they
    /// were rendered. If a request has both, the header counts: on a reconnect it is the newer one. Of
    /// several such parameters the last counts.
    pub fn last_event_id_query(mut self, parameter: &str) -> Self {
        Arc::make_mut(&mut self.config).last_event_id_query = Some(parameter.into());
        self
    }

    /// Ends the streams when this shutdown begins, and rejects new ones from then on. See
    /// [`shutdown_policy`](Self::shutdown_policy).
    pub fn shutdown(mut self, shutdown: &Shutdown) -> Self {
        Arc::make_mut(&mut self.config).shutdown = Some(shutdown.clone());
        self
    }

    /// Sets a test for requests that expect an event stream, in place of
    /// [`RequestHead::expects_stream`].
    ///
    /// For these requests a shutdown and the limits that reject decide before the handler is called: a
    /// stream that is rejected costs nothing, and a request may wait for a place. If the response turns out
    /// to be no stream, its place is given back. For any other request they decide when the handler has
    /// returned a stream, which is dropped if it is rejected. A limit with
    /// [`LimitPolicy::evict_oldest`] always waits until the handler has returned a stream.
    ///
    /// Return `true` only for requests that always get a stream. A request for plain JSON would be rejected
    /// as well: OpenAI's endpoints, for instance, stream if the request's body says so, and the layer does
    /// not read the body.
    ///
    /// The closure runs for each request. (A service that works in `call` and not in its future, such
    /// as `tower::buffer::Buffer`, has begun by the time the layer decides.)
    ///
    /// ```
    /// # #[cfg(feature = "tokio")]
    /// # fn layer() -> tower_sse::SseLayer {
    /// use http::Method;
    /// use tower_sse::{RejectPolicy, SseLayer};
    ///
    /// let layer = SseLayer::new().max_streams(100, RejectPolicy::empty_stream()).expect_stream(|head| {
    ///     let is_answer = head.method() == Method::POST && head.uri().path() == "/v1/answer";
    ///     is_answer || head.expects_stream()
    /// });
    /// # layer
    /// # }
    /// ```
    pub fn expect_stream(
        mut self,
        expects: impl Fn(RequestHead<'_>) -> bool + Send + Sync + 'static,
    ) -> Self {
        Arc::make_mut(&mut self.config).expects = Some(ExpectsStream::new(expects));
        self
    }

    /// Sets the maximum number of open streams, over all services that have this layer. 0 rejects
    /// every stream. By default there is no limit, and the last call counts.
    ///
    /// The policy applies to a stream for which there is no place. [`RejectPolicy`](crate::RejectPolicy)
    /// decides before the handler runs if the request expects a stream
    /// ([`expect_stream`](Self::expect_stream)), and otherwise when the handler has returned one.
    /// [`LimitPolicy::evict_oldest`] always decides when the handler has returned a stream, so that a
    /// request that gets none evicts nothing.
    ///
    /// A stream counts until its body has ended or is dropped. A HEAD request does not count.
    pub fn max_streams(mut self, max: usize, policy: impl Into<LimitPolicy>) -> Self {
        let limit = MaxStreams::new(max, policy.into());
        Arc::make_mut(&mut self.config).max_streams = Some(limit);
        self
    }

    /// Sets the maximum number of open streams for each key, such as a user or a client's address.
    ///
    /// 0 rejects every stream that has a key. If the closure returns `None`, the request is not limited.
    /// See [`max_streams`](Self::max_streams). The method may be called several times, with different keys.
    ///
    /// The closure runs for every request, before the service. Behind a proxy that can be trusted,
    /// the client's address is in a header that the proxy sets. A header that a client may set
    /// itself is no limit.
    pub fn max_streams_per<K, F>(
        mut self,
        max: usize,
        policy: impl Into<LimitPolicy>,
        key: F,
    ) -> Self
    where
        K: Hash + Eq + Clone + Send + Sync + 'static,
        F: Fn(RequestHead<'_>) -> Option<K> + Send + Sync + 'static,
    {
        let limit = Arc::new(KeyedLimit::new(key, max, policy.into()));
        Arc::make_mut(&mut self.config).limits.push(limit);
        self
    }

    pub(super) fn set_options(mut self, set: impl FnOnce(SseOptions) -> SseOptions) -> Self {
        let options = &mut Arc::make_mut(&mut self.config).options;
        *options = set(std::mem::take(options));
        self
    }
}

impl<S> Layer<S> for SseLayer {
    type Service = Sse<S>;

    fn layer(&self, inner: S) -> Sse<S> {
        Sse::new(inner, Arc::clone(&self.config))
    }
}
