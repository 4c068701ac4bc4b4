use std::{hash::Hash, sync::Arc, time::Duration};

use hyper::rt::Timer;
use tower_layer::Layer;

use super::{
    config::{Config, ExpectsStream},
    limit::{KeyedLimit, MaxStreams},
};
use crate::{
    FinalEvents, Heartbeat, Lifetime, LimitPolicy, OpenStreams, Preamble, RejectedStream,
    RequestHead, Retry, Shutdown, ShutdownPolicy, Sse, SseOptions, StreamInfo, StreamSummary,
    time::SharedTimer,
};

/// Makes good event streams of the event streams of a service.
///
/// A response is one when its status is 200 and its `Content-Type` is `text/event-stream`, whatever made
/// it: an [`EventStream`](crate::EventStream), `axum::response::Sse`, a reverse proxy. (Of several types
/// the last valid one counts, as in browsers.) Every other response passes through untouched.
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
/// # What a stream gets
///
/// - **Headers.** Missing ones are added, wrong ones removed, the handler's stay:
///   `Cache-Control: no-store, no-transform`, `X-Accel-Buffering: no`, over HTTP/1.1
///   `Connection: keep-alive`, over HTTP/1.0 `close`; over HTTP/2 and 3 the connection's headers
///   go. `Content-Length` goes. A `Content-Type` that some clients refuse, such as one of another
///   charset than `utf-8`, becomes `text/event-stream; charset=utf-8`. `ETag`, `Last-Modified`,
///   `Accept-Ranges` and digests go, also from trailers, for they do not hold with what the layer
///   puts in.
/// - **A first line at once** ([`Preamble`]), which tells how long to wait before a reconnect
///   ([`Retry`]).
/// - **Heartbeats** when it is silent ([`Heartbeat`]), only where they are safe, however the body
///   inside splits its frames.
/// - **Few frames.** Small frames of a body that are ready leave as one, up to 16 KiB, and empty ones
///   not at all. None is held back for what may follow.
/// - **A late failure.** When the body inside fails or panics, the stream breaks a tenth of a second
///   later, so that the server has time to flush what came before; a client that reads slower than
///   that loses some of it. [`EventStream::error_event`](crate::EventStream::error_event) and
///   [`FinalEvents::failure`] lose nothing.
/// - **HEAD** gets the head, and the body inside is dropped at once.
/// - **An end**, where one is set: [`shutdown`](Self::shutdown), [`max_lifetime`](Self::max_lifetime),
///   [`open_streams`](Self::open_streams). A stream whose client comes back ends cleanly, between two
///   events; any other gets a final event or breaks ([`SseOptions::resumable`]).
/// - **A place** among those that may be open ([`max_streams`](Self::max_streams)), or a refusal.
/// - **Callbacks** when it opens, closes or is refused: [`on_close`](Self::on_close) and its like.
///
/// A stream with a `Content-Encoding` gets the headers alone: nothing can be put into it.
///
/// [`SseOptions`] set heartbeat, `retry`, preamble, the `Connection` header, lifetime, deadline, the end
/// at a shutdown, whether the stream is resumable, final events, labels, tags and data for one response.
/// The request gets a [`LastEventId`](crate::LastEventId) in its extensions.
///
/// # EndOrder of layers
///
/// From the outside in, as `ServiceBuilder` lists them; `axum::Router::layer` puts each around what
/// came before:
///
/// 1. **Tracing and CORS outside** of `SseLayer`: a single answer without the headers of CORS, even
///    a refusal, stops a browser for good.
/// 2. **`SseLayer`**, once for a whole router or on single routes. Two of them around one service
///    double nothing: the inner one acts, with the options of both. (What is between them must not poll
///    the body: a stream that has begun is the inner one's alone.)
/// 3. **Timeouts inside**, for the head of the response; one for the whole body ends streams.
///    `tower::limit::ConcurrencyLimit` counts a stream only until its head is ready.
///
/// **Compression**: tower-http's leaves `text/event-stream` alone by default, wherever it is; with
/// another predicate it flushes whenever the body is pending, so that no event waits. A stream that is
/// compressed inside `SseLayer` gets no preamble, heartbeats or final events, one that is compressed
/// outside has them compressed with it.
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
    /// Makes a layer whose time is that of another runtime, such as smol's
    /// (`smol_hyper::rt::SmolTimer`), or of a test.
    ///
    /// tokio's runtime then takes no part. (Its crate is still there: hyper wants its channels.)
    pub fn with_timer<T: Timer + Send + Sync + 'static>(timer: T) -> Self {
        let config = Config::new(SharedTimer::new(timer));
        Self {
            config: Arc::new(config),
        }
    }

    /// Sets what is sent when a stream is silent. By default a comment every 15 seconds.
    pub fn heartbeat(self, heartbeat: Heartbeat) -> Self {
        self.set(|options| options.heartbeat(heartbeat))
    }

    /// Sets how long clients wait before they reconnect. By default 2 to 5 seconds, drawn for each
    /// connection.
    pub fn retry(self, retry: Retry) -> Self {
        self.set(|options| options.retry(retry))
    }

    /// Sets what is sent before the first event. By default the line of the `retry`.
    pub fn preamble(self, preamble: Preamble) -> Self {
        self.set(|options| options.preamble(preamble))
    }

    /// Sets whether `Connection: keep-alive` is sent over HTTP/1.1. By default it is, unless the client
    /// asked to close, the handler has set `Connection`, or the layer's shutdown has begun.
    pub fn keep_alive_header(self, send: bool) -> Self {
        self.set(|options| options.keep_alive_header(send))
    }

    /// Sets whether a GET, QUERY or HEAD request whose `Accept` does not allow `text/event-stream` gets
    /// 406 Not Acceptable in place of a stream. By default it gets the stream.
    pub fn require_accept(self, require: bool) -> Self {
        self.set(|mut options| {
            options.require_accept = Some(require);
            options
        })
    }

    /// Reads the last event id from this parameter of the query, too, where the header is missing.
    ///
    /// For polyfills, which call it `lastEventId`, and for pages that continue from where they
    /// were rendered. The header holds where both are there: on a reconnect it is the newer. Of several
    /// such parameters the last counts.
    pub fn last_event_id_query(mut self, parameter: &str) -> Self {
        Arc::make_mut(&mut self.config).last_event_id_query = Some(parameter.into());
        self
    }

    /// Sets how long a stream may last. By default unlimited.
    pub fn max_lifetime(self, lifetime: Lifetime) -> Self {
        self.set(|options| options.max_lifetime(lifetime))
    }

    /// Ends the streams when this shutdown begins, and refuses new ones from then on.
    pub fn shutdown(mut self, shutdown: &Shutdown) -> Self {
        Arc::make_mut(&mut self.config).shutdown = Some(shutdown.clone());
        self
    }

    /// Sets how streams end at the shutdown. By default a resumable stream ends at once, telling its
    /// client to come back in 2 to 10 seconds, and any other after 20 seconds.
    pub fn shutdown_policy(self, how: ShutdownPolicy) -> Self {
        self.set(|options| options.shutdown_policy(how))
    }

    /// Sets the events that the layer sends last when it ends a stream, by reason. By default there
    /// are none: a stream that its client cannot resume breaks. See
    /// [`SseOptions::resumable`].
    pub fn final_events(self, events: FinalEvents) -> Self {
        self.set(|options| options.final_events(events))
    }

    /// Sets whether the layer sends clients a last event that says when to come back, or to stay away.
    /// By default it does. See [`SseOptions::final_retry`].
    ///
    /// A request that is refused before the handler runs goes by this setting of the layer, since there
    /// is no response with options yet. Set it to `false` on a layer around the routes of clients that
    /// fail on such an event: a refusal then has a status in place of the empty stream.
    pub fn final_retry(self, send: bool) -> Self {
        self.set(|options| options.final_retry(send))
    }

    /// Sets how long the layer waits for the end of an event that a body has begun, before it ends
    /// the stream. By default one second. See [`SseOptions::boundary_timeout`].
    pub fn boundary_timeout(self, time: Duration) -> Self {
        self.set(|options| options.boundary_timeout(time))
    }

    /// Sets which requests are sure to want a stream, in place of
    /// [`RequestHead::expects_stream`].
    ///
    /// For these a shutdown and the limits that refuse act before the handler is called: a stream that
    /// is refused costs nothing, and a request may wait for a place. If the response is no stream, its
    /// place is given back. For any other request they act when the handler has returned a stream,
    /// which is then dropped if it is refused. A limit with [`LimitPolicy::evict_oldest`] acts only when
    /// the handler has returned a stream.
    ///
    /// Name only requests that always get a stream. A request that is named here and wants plain JSON
    /// is refused as well: whether OpenAI's endpoints stream, for instance, stands in the request's
    /// body, which the layer does not read.
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

    /// Sets the maximum number of open streams, through all services that have this layer. 0 refuses
    /// every stream. The last call counts.
    ///
    /// The policy applies to a stream for which there is no place. `RejectPolicy::empty_stream()` and other
    /// refusals act before the handler if the request is sure to want a stream
    /// ([`expect_stream`](Self::expect_stream)), and otherwise when the handler has returned one.
    /// [`LimitPolicy::evict_oldest`] always acts when the handler has returned a stream, so that a
    /// request that gets none evicts nothing.
    ///
    /// A stream counts until its body has ended or is dropped; a HEAD request does not. By default
    /// there may be any number.
    pub fn max_streams(mut self, most: usize, policy: impl Into<LimitPolicy>) -> Self {
        let limit = MaxStreams::new(most, policy.into());
        Arc::make_mut(&mut self.config).max_streams = Some(limit);
        self
    }

    /// Sets the maximum number of open streams for each key: a user, a client's address. 0 refuses every
    /// stream that has a key. If the closure returns `None`, the request is not limited. See
    /// [`max_streams`](Self::max_streams).
    ///
    /// The closure runs for every request, before the service. Behind a proxy that can be trusted,
    /// the client's address is in a header that the proxy sets; a header that a client may set
    /// itself is no limit.
    ///
    /// It may be called several times, with different keys.
    pub fn max_streams_per<K, F>(
        mut self,
        most: usize,
        policy: impl Into<LimitPolicy>,
        key: F,
    ) -> Self
    where
        K: Hash + Eq + Clone + Send + Sync + 'static,
        F: Fn(RequestHead<'_>) -> Option<K> + Send + Sync + 'static,
    {
        let limit = Arc::new(KeyedLimit::new(key, most, policy.into()));
        Arc::make_mut(&mut self.config).limits.push(limit);
        self
    }

    /// Registers the open streams with this handle, which lists, counts and ends them.
    pub fn open_streams(mut self, streams: &OpenStreams) -> Self {
        Arc::make_mut(&mut self.config).open_streams = Some(streams.clone());
        self
    }

    /// Adds a label to streams, which callbacks, spans and metrics have. Metrics keep a
    /// series for each value of a label: a user's id belongs in a [`tag`](Self::tag).
    ///
    /// The closure runs for every request, before the service. A handler can add labels by
    /// [`SseOptions::label`].
    pub fn label<F>(mut self, name: &'static str, of: F) -> Self
    where
        F: Fn(RequestHead<'_>) -> Option<String> + Send + Sync + 'static,
    {
        let config = Arc::make_mut(&mut self.config);
        config.observer.label(name, Arc::new(of));
        self
    }

    /// Gives streams a tag: callbacks and spans have it, and [`OpenStreams`] finds streams by it.
    /// Metrics do not have it.
    ///
    /// The closure runs for every request, before the service. A handler can add tags by
    /// [`SseOptions::tag`].
    pub fn tag<F>(mut self, name: &'static str, of: F) -> Self
    where
        F: Fn(RequestHead<'_>) -> Option<String> + Send + Sync + 'static,
    {
        let config = Arc::make_mut(&mut self.config);
        config.observer.tag(name, Arc::new(of));
        self
    }

    /// Calls a closure when a stream opens: when its body is first polled.
    ///
    /// As with [`on_close`](Self::on_close), it must not block or panic.
    pub fn on_open(mut self, callback: impl Fn(&StreamInfo) + Send + Sync + 'static) -> Self {
        let config = Arc::make_mut(&mut self.config);
        config.observer.on_open(Arc::new(callback));
        self
    }

    /// Calls a closure when a stream has closed, once for each that opened.
    ///
    /// It runs where the body is polled or dropped, in the server's task: it must not block, and
    /// not panic, for a panic while another unwinds aborts the program. Where two layers are around
    /// a service, both are called, the inner one first.
    pub fn on_close(mut self, callback: impl Fn(&StreamSummary) + Send + Sync + 'static) -> Self {
        let config = Arc::make_mut(&mut self.config);
        config.observer.on_close(Arc::new(callback));
        self
    }

    /// Calls a closure when a stream is refused, by this layer or by one inside of it. It has never been
    /// open. A HEAD request is not reported, and neither is the 204 that a client gets that was evicted or
    /// revoked and comes back.
    ///
    /// It runs where the response is made, in the server's task: it must not block.
    pub fn on_reject(mut self, callback: impl Fn(&RejectedStream) + Send + Sync + 'static) -> Self {
        let config = Arc::make_mut(&mut self.config);
        config.observer.on_reject(Arc::new(callback));
        self
    }

    fn set(mut self, set: impl FnOnce(SseOptions) -> SseOptions) -> Self {
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
