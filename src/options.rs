use std::{sync::Arc, time::Duration};

use crate::{AtShutdown, Heartbeat, Lifetime, Preamble, Retry};

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
    pub(crate) at_shutdown: Option<Arc<AtShutdown>>,
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

    /// Sets whether `Connection: keep-alive` is sent over HTTP/1.1, unless the client asked to
    /// close. By default it is: it says what holds in any case, but some old proxies want it.
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

    /// Sets how long the stream may last. By default as long as it likes.
    pub fn max_lifetime(mut self, lifetime: Lifetime) -> Self {
        self.max_lifetime = Some(lifetime);
        self
    }

    /// Ends the stream after this time from its response, whatever its lifetime: when the token
    /// that opened it expires. A client that does not read is not noticed before it does.
    ///
    /// The client comes back with the token that has expired: answer it by 401, or by
    /// [`stop`](crate::stop), which end its reconnecting. To tell the page why, end the stream itself
    /// (`take_until`), with a last event by
    /// [`EventStream::closing`](crate::EventStream::closing).
    pub fn deadline(mut self, after: Duration) -> Self {
        self.deadline = Some(after);
        self
    }

    /// Sets how the stream ends at a [`Shutdown`](crate::Shutdown). By default at once. Farewell and
    /// retry are the layer's, where it has them and these options have not.
    pub fn at_shutdown(mut self, how: AtShutdown) -> Self {
        self.at_shutdown = Some(Arc::new(how));
        self
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
        match (&mut self.at_shutdown, &other.at_shutdown) {
            (Some(here), Some(there)) if !Arc::ptr_eq(here, there) => {
                Arc::make_mut(here).fill(there)
            }
            (here, there) => fill(here, there),
        }
    }
}
