use std::{sync::Arc, time::Duration};

use hyper::rt::Timer;
use tower_layer::Layer;

use super::{
    config::{Config, MAX_LATE_BODY},
    late_answer::LateAnswer,
    service::EarlyHead,
};
use crate::{EncodedEvent, RequestHead, time::SharedTimer};

/// A [`Layer`] that sends the head of an event stream before the service has an answer.
///
/// A handler that waits for a language model, or for a slow upstream, leaves its client without a byte for
/// seconds, and proxies time out. With this layer the client gets a head, and from
/// [`SseLayer`](crate::SseLayer) around it the preamble and heartbeats, while the service works on.
///
/// Put it inside `SseLayer`. It acts on requests that expect a stream ([`expect_stream`](Self::expect_stream)),
/// if the service has no answer after a delay. An answer that comes before that is not touched: its status,
/// headers and body are what they are without the layer. [`respond_early`](crate::respond_early) does the same
/// within a handler, at once.
///
/// ```
/// # #[cfg(feature = "tokio")]
/// # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() {
/// use http::{Request, Response, StatusCode};
/// use http_body_util::{BodyExt, Full};
/// use std::{convert::Infallible, time::Duration};
/// use tower::{ServiceBuilder, ServiceExt};
/// use tower_sse::{EarlyHeadLayer, Event, LateAnswer, Retry, SseLayer};
///
/// let early = EarlyHeadLayer::after(Duration::from_millis(300)).on_late(|late| match late {
///     LateAnswer::Response(response) => {
///         Some(Event::new(format!(r#"{{"error":{{"code":{}}}}}"#, response.status().as_u16())))
///     }
///     _ => None,
/// });
/// let service = ServiceBuilder::new()
///     .layer(SseLayer::new().retry(Retry::fixed(Duration::from_secs(3))))
///     .layer(early)
///     .service_fn(async |_: Request<()>| {
///         tokio::time::sleep(Duration::from_secs(20)).await;
///         let mut response = Response::new(Full::<bytes::Bytes>::from("try later"));
///         *response.status_mut() = StatusCode::TOO_MANY_REQUESTS;
///         Ok::<_, Infallible>(response)
///     });
///
/// let request = Request::post("/").header("accept", "text/event-stream").body(()).unwrap();
/// let response = service.oneshot(request).await.unwrap();
///
/// assert_eq!(response.status(), 200);
/// let body = response.into_body().collect().await.unwrap().to_bytes();
/// // The heartbeat goes out after 15 seconds.
/// assert_eq!(&body[..], b"retry: 3000\n:\ndata: {\"error\":{\"code\":429}}\n\n");
/// # }
/// # #[cfg(not(feature = "tokio"))] fn main() {}
/// ```
///
/// # What it costs
///
/// Once the head is out, the client knows of the answer what an event says:
///
/// - **Status, headers and cookies of a late answer are lost.** A late 401, 429 or redirect becomes an event
///   ([`on_late`](Self::on_late)), and so does a 204, which cannot stop a browser any more. So choose a delay in
///   which the service answers whatever it can answer without the slow part.
/// - **Outer layers see status 200**, in access logs and metrics. For the layer the stream is `failed` if its
///   answer is no stream.
/// - **Compression inside of it** cannot act on a late stream, because the head has no `Content-Encoding`. Such a
///   stream is a [`LateAnswer::Response`]; put compression outside.
/// - A panic of the service breaks the stream. Without this layer the server may answer 500.
/// - The future of the service is boxed for requests that expect a stream, and for no others.
///
/// A late stream has all its [`SseOptions`](crate::SseOptions), as far as they concern the body: heartbeats, ends,
/// labels, tags and data, a `retry`. The labels and tags are missing in
/// [`on_open`](crate::SseLayer::on_open), which is called when the head goes out. If there is another `SseLayer`
/// inside of this layer, its options, callbacks and shutdown apply to a late stream too, but a limit that both
/// layers share counts the stream twice.
///
/// A HEAD request never gets an early head.
#[derive(Clone, Debug)]
#[must_use = "a layer does nothing until it is put around a service"]
pub struct EarlyHeadLayer {
    config: Arc<Config>,
}

impl EarlyHeadLayer {
    /// Creates a layer with the timer of another runtime than tokio, which sends the head after this delay.
    /// With a delay of zero it does so if the service has no answer at once.
    pub fn with_timer<T: Timer + Send + Sync + 'static>(timer: T, delay: Duration) -> Self {
        Self {
            config: Arc::new(Config {
                timer: SharedTimer::new(timer),
                delay,
                expects: None,
                on_late: None,
                max_late_body: MAX_LATE_BODY,
            }),
        }
    }

    /// Sets a test for requests that expect an event stream, in place of
    /// [`RequestHead::expects_stream`].
    ///
    /// The closure runs for each request but HEAD, before the service. Return `true` only for requests whose
    /// answer is a stream, or for whose client an event can stand for any other answer. Where the body of the
    /// request decides, use [`respond_early`](crate::respond_early) in the handler, which has read it.
    pub fn expect_stream(
        mut self,
        expects: impl Fn(RequestHead<'_>) -> bool + Send + Sync + 'static,
    ) -> Self {
        Arc::make_mut(&mut self.config).expects = Some(Arc::new(expects));
        self
    }

    /// Sets a closure that makes an event of an answer that comes late and is no stream. The stream sends it and
    /// ends cleanly; its close reason is [`CloseReason::Failed`](crate::CloseReason::Failed).
    ///
    /// If the closure returns `None`, or without one, the stream fails: it gets
    /// [`FinalEvents::failure`](crate::FinalEvents::failure), or breaks. A client whose GET or QUERY names
    /// `text/event-stream` would then reconnect, and meet the same answer again. So after a response (not after
    /// an error) `SseLayer` sends it an event named `tower-sse.late` with a `retry` of 24 days in place of a
    /// break, unless [`final_retry`](crate::SseLayer::final_retry) is off.
    pub fn on_late<E, V>(mut self, event: E) -> Self
    where
        E: Fn(&LateAnswer) -> Option<V> + Send + Sync + 'static,
        V: Into<EncodedEvent>,
    {
        let event = move |late: &LateAnswer| event(late).map(Into::into);
        Arc::make_mut(&mut self.config).on_late = Some(Arc::new(event));
        self
    }

    /// Sets how many bytes of the body of a late response [`on_late`](Self::on_late) gets. The default is 64 KiB.
    /// What is longer is cut off.
    pub fn max_late_body(mut self, max: usize) -> Self {
        Arc::make_mut(&mut self.config).max_late_body = max;
        self
    }
}

impl<S> Layer<S> for EarlyHeadLayer {
    type Service = EarlyHead<S>;

    fn layer(&self, inner: S) -> EarlyHead<S> {
        EarlyHead::new(inner, Arc::clone(&self.config))
    }
}
