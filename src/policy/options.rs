use std::{fmt, sync::Arc, time::Duration};

use crate::{FinalEvents, Heartbeat, Lifetime, Preamble, Retry, ShutdownPolicy, StreamInfo};

/// What a stream gets from the layer, for one response.
///
/// A handler puts it into the extensions of its response to have its own; what it leaves unset, the
/// layer decides. The extensions survive whatever boxes the body on the way.
///
/// ```
/// use std::time::Duration;
/// use tower_sse::{Heartbeat, SseOptions};
///
/// let mut response = http::Response::new(String::new());
/// response.extensions_mut().insert(
///     SseOptions::new().heartbeat(Heartbeat::every(Duration::from_secs(5))),
/// );
/// ```
///
/// With the feature `axum` it may also stand before the stream:
///
/// ```
/// # #[cfg(feature = "axum")] mod handler {
/// use futures_util::{Stream, stream};
/// use tower_sse::{EventStream, Heartbeat, SseOptions};
///
/// async fn quiet() -> (SseOptions, EventStream<impl Stream<Item = &'static str>>) {
///     let options = SseOptions::new().heartbeat(Heartbeat::off());
///     (options, EventStream::new(stream::iter(["hello"])))
/// }
/// # }
/// ```
///
/// Where two layers are around a service, a handler's options come first, then the inner layer's,
/// then the outer one's.
#[derive(Clone, Debug, Default)]
#[must_use = "options do nothing until a response has them"]
pub struct SseOptions {
    pub(crate) heartbeat: Option<Arc<Heartbeat>>,
    pub(crate) retry: Option<Retry>,
    pub(crate) preamble: Option<Preamble>,
    pub(crate) keep_alive_header: Option<bool>,
    pub(crate) require_accept: Option<bool>,
    pub(crate) max_lifetime: Option<Lifetime>,
    pub(crate) deadline: Option<Duration>,
    pub(crate) shutdown_policy: Option<Arc<ShutdownPolicy>>,
    pub(crate) resumable: Option<bool>,
    pub(crate) final_events: Option<Arc<FinalEvents>>,
    pub(crate) final_retry: Option<bool>,
    pub(crate) boundary_timeout: Option<Duration>,
    /// The labels, tags and data of the handler.
    pub(crate) handler_info: Option<Arc<StreamInfo>>,
}

impl SseOptions {
    /// Makes options of which none is set.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets what is sent when the stream is silent. By default a comment every 15 seconds.
    pub fn heartbeat(mut self, heartbeat: Heartbeat) -> Self {
        self.heartbeat = Some(Arc::new(heartbeat));
        self
    }

    /// Sets how long clients wait before they reconnect. By default 2 to 5 seconds, drawn for each
    /// connection.
    pub fn retry(mut self, retry: Retry) -> Self {
        self.retry = Some(retry);
        self
    }

    /// Sets what is sent before the first event. By default the line of the `retry`.
    pub fn preamble(mut self, preamble: Preamble) -> Self {
        self.preamble = Some(preamble);
        self
    }

    /// Sets whether `Connection: keep-alive` is sent over HTTP/1.1. By default it is, unless the client
    /// asked to close, the handler has set `Connection`, or the layer's shutdown has begun. HTTP/1.1
    /// keeps connections alive without it, but some old proxies want it.
    pub fn keep_alive_header(mut self, send: bool) -> Self {
        self.keep_alive_header = Some(send);
        self
    }

    /// Sends the stream whatever the request accepts, though the layer requires more
    /// ([`SseLayer::require_accept`](crate::SseLayer::require_accept)).
    pub fn ignore_accept(mut self) -> Self {
        self.require_accept = Some(false);
        self
    }

    /// Sets how long the stream may last. By default unlimited.
    pub fn max_lifetime(mut self, lifetime: Lifetime) -> Self {
        self.max_lifetime = Some(lifetime);
        self
    }

    /// Ends the stream after this time from its response, whatever its lifetime: when the token
    /// that opened it expires. If the client does not read then, the stream ends when it reads again.
    ///
    /// The client comes back with the token that has expired: answer with 401 or
    /// [`stop_reconnecting`](crate::stop_reconnecting), after which it does not reconnect. To tell the page why, set
    /// [`FinalEvents::deadline`].
    pub fn deadline(mut self, after: Duration) -> Self {
        self.deadline = Some(after);
        self
    }

    /// Sets how the stream ends at a [`Shutdown`](crate::Shutdown). By default a resumable stream ends
    /// at once, and any other after 20 seconds. What these options leave unset is the layer's.
    pub fn shutdown_policy(mut self, how: ShutdownPolicy) -> Self {
        self.shutdown_policy = Some(Arc::new(how));
        self
    }

    /// Sets whether a client that lost the stream can get the rest by connecting again.
    ///
    /// The layer ends a resumable stream cleanly, because its client comes back. It never ends a
    /// one-shot stream cleanly in the middle, because most clients would take half of the answer for
    /// the whole: when its time is over (shutdown, lifetime, deadline, lag, revocation) the stream gets the
    /// [`final_events`](Self::final_events) event of that reason, or breaks. Over HTTP/1.1 the
    /// connection then closes without the last chunk, over HTTP/2 the stream is reset with
    /// `INTERNAL_ERROR`.
    ///
    /// By default a stream is resumable if it answers a GET or QUERY whose `Accept` names
    /// `text/event-stream`, or a GET or QUERY for a subscription of a `Channel`. All others are
    /// one-shot.
    pub fn resumable(mut self, resumable: bool) -> Self {
        self.resumable = Some(resumable);
        self
    }

    /// Sets the events that the layer sends last when it ends the stream. By default there are none.
    pub fn final_events(mut self, events: FinalEvents) -> Self {
        self.final_events = Some(Arc::new(events));
        self
    }

    /// Sets whether the layer sends clients a last event that says when to come back, or to stay away.
    /// By default it does. For a request that is refused before the handler runs the layer's setting
    /// holds ([`SseLayer::final_retry`](crate::SseLayer::final_retry)).
    ///
    /// Only a GET or QUERY whose `Accept` names `text/event-stream` gets such an event: named
    /// `tower-sse.retry`, with a `retry` and empty data, at a shutdown and in a soft refusal; named
    /// `tower-sse.evicted` or `tower-sse.revoked` where a stream is evicted or revoked. Switch it off
    /// for clients that fail on an event of an unknown name, such as `graphql-sse` with a single
    /// connection. They are then refused by a status in place of a soft refusal, which stops browsers
    /// for good.
    ///
    /// A refusal before the handler follows the setting of the layer
    /// ([`SseLayer::expect_stream`](crate::SseLayer::expect_stream)): set `final_retry` on a layer
    /// around the routes of such clients, not in their handlers.
    pub fn final_retry(mut self, send: bool) -> Self {
        self.final_retry = Some(send);
        self
    }

    /// Sets how long the layer waits for the end of an event that the body has begun, before it ends
    /// the stream. By default one second.
    ///
    /// A stream that is still within an event then breaks. Over HTTP/2 a resumable one ends all the
    /// same, since WebKit does not notice a reset.
    pub fn boundary_timeout(mut self, time: Duration) -> Self {
        self.boundary_timeout = Some(time);
        self
    }

    /// Adds a label to the stream, for callbacks, spans and metrics, or replaces the layer's label of
    /// that name. Metrics keep a series for each value: for values without number use
    /// [`tag`](Self::tag).
    pub fn label(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.handler_info().labels.set(name, value.into());
        self
    }

    /// Adds a tag to the stream, or replaces the layer's tag of that name. Callbacks and spans have
    /// it, and [`OpenStreams`](crate::OpenStreams) finds streams by it; metrics do not have it.
    pub fn tag(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.handler_info().tags.set(name, value.into());
        self
    }

    /// Attaches a value to the stream, which callbacks find by its type and spans log by its `Debug`
    /// when the stream has closed. Metrics do not have it.
    ///
    /// ```
    /// use futures_util::{Stream, StreamExt, stream};
    /// use http::Response;
    /// use std::sync::{Arc, atomic::{AtomicU64, Ordering}};
    /// use tower_sse::{Event, EventStream, SseOptions};
    ///
    /// #[derive(Debug, Default)]
    /// struct Usage {
    ///     tokens: AtomicU64,
    /// }
    ///
    /// fn answer() -> Response<EventStream<impl Stream<Item = Event>>> {
    ///     let usage = Arc::new(Usage::default());
    ///     let options = SseOptions::new().data(Arc::clone(&usage));
    ///     let tokens = stream::iter(["one", "two"]).map(move |token| {
    ///         usage.tokens.fetch_add(1, Ordering::Relaxed);
    ///         Event::new(token)
    ///     });
    ///     let mut response = Response::from(EventStream::new(tokens));
    ///     response.extensions_mut().insert(options);
    ///     response
    /// }
    ///
    /// # #[cfg(feature = "tokio")]
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// # use http_body_util::BodyExt;
    /// # use tower::ServiceExt;
    /// let billed = Arc::new(AtomicU64::new(0));
    /// let total = Arc::clone(&billed);
    /// let layer = tower_sse::SseLayer::new().on_close(move |summary| {
    ///     let usage = summary.data.get::<Usage>();
    ///     let tokens = usage.map_or(0, |usage| usage.tokens.load(Ordering::Relaxed));
    ///     total.fetch_add(tokens, Ordering::Relaxed);
    /// });
    ///
    /// # let handler = async |_: http::Request<()>| Ok::<_, std::convert::Infallible>(answer());
    /// # let service = tower::ServiceBuilder::new().layer(layer).service_fn(handler);
    /// let response = service.oneshot(http::Request::new(())).await.unwrap();
    /// response.into_body().collect().await.unwrap();
    /// assert_eq!(billed.load(Ordering::Relaxed), 2);
    /// # }
    /// # #[cfg(not(feature = "tokio"))] fn main() {}
    /// ```
    pub fn data<T: fmt::Debug + Send + Sync + 'static>(mut self, value: Arc<T>) -> Self {
        self.handler_info().data.push(value);
        self
    }

    fn handler_info(&mut self) -> &mut StreamInfo {
        Arc::make_mut(self.handler_info.get_or_insert_default())
    }

    /// Takes from another what is unset here.
    pub(crate) fn fill(&mut self, other: &Self) {
        fn fill<T: Clone>(here: &mut Option<T>, there: &Option<T>) {
            if here.is_none() {
                here.clone_from(there);
            }
        }
        fill(&mut self.heartbeat, &other.heartbeat);
        fill(&mut self.retry, &other.retry);
        fill(&mut self.preamble, &other.preamble);
        fill(&mut self.keep_alive_header, &other.keep_alive_header);
        fill(&mut self.require_accept, &other.require_accept);
        fill(&mut self.max_lifetime, &other.max_lifetime);
        fill(&mut self.deadline, &other.deadline);
        fill(&mut self.resumable, &other.resumable);
        fill(&mut self.final_retry, &other.final_retry);
        fill(&mut self.boundary_timeout, &other.boundary_timeout);
        match (&mut self.handler_info, &other.handler_info) {
            (Some(here), Some(there)) if !Arc::ptr_eq(here, there) => {
                let mut all = StreamInfo::clone(there);
                all.extend(here);
                *here = Arc::new(all);
            }
            (here, there) => fill(here, there),
        }
        match (&mut self.final_events, &other.final_events) {
            (Some(here), Some(there)) if !Arc::ptr_eq(here, there) => {
                Arc::make_mut(here).fill(there)
            }
            (here, there) => fill(here, there),
        }
        match (&mut self.shutdown_policy, &other.shutdown_policy) {
            (Some(here), Some(there)) if !Arc::ptr_eq(here, there) => {
                Arc::make_mut(here).fill(there)
            }
            (here, there) => fill(here, there),
        }
    }
}
