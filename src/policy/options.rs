use std::{fmt, sync::Arc};

use super::{fill::fill, stream_options::stream_options};
use crate::StreamInfo;

/// Declares the options of the table, and those of `SseOptions` that are more than a value.
macro_rules! declare_options {
    (
        $(
            $of:ident {
                $($(#[$doc:meta])* fn $name:ident($value:ident: $given:ty) as $kept:ty;)*
            }
        )*
        $(#[$options_doc:meta])*
        pub struct $Options:ident {
            $($(#[$other_doc:meta])* $other:ident: $other_kept:ty,)*
        }
    ) => {
        $(#[$options_doc])*
        pub struct $Options {
            $($(pub(crate) $name: Option<$kept>,)*)*
            $($(#[$other_doc])* pub(crate) $other: Option<$other_kept>,)*
        }

        impl $Options {
            /// Creates empty options.
            pub fn new() -> Self {
                Self::default()
            }

            $($(
                $(#[$doc])*
                pub fn $name(mut self, $value: $given) -> Self {
                    self.$name = Some($value.into());
                    self
                }
            )*)*

            /// Takes from another what is unset here.
            pub(crate) fn fill(&mut self, outer: &Self) {
                $($(fill(&mut self.$name, &outer.$name);)*)*
                $(fill(&mut self.$other, &outer.$other);)*
            }
        }
    };
}

stream_options! {
    call declare_options;

    /// Options of the event stream in one response, in place of the layer's.
    ///
    /// A handler puts them into the extensions of its response. The layer's options apply where these leave something unset.
    /// Whatever boxes the body on the way keeps the extensions.
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
    /// With the feature `axum` they may also stand before the stream:
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
    /// If two layers are around a service, the handler's options come first, then the inner layer's, then
    /// the outer layer's.
    #[derive(Clone, Debug, Default)]
    #[must_use = "options do nothing until a response has them"]
    pub struct SseOptions {
        /// A layer requires it, and a response can only renounce it.
        require_accept: bool,
        /// The labels, tags and data of the handler.
        handler_info: Arc<StreamInfo>,
    }
}

impl SseOptions {
    /// Sends the stream whatever the request accepts, even if the layer requires more
    /// ([`SseLayer::require_accept`](crate::SseLayer::require_accept)).
    pub fn ignore_accept(mut self) -> Self {
        self.require_accept = Some(false);
        self
    }

    /// Adds a label to the stream, for callbacks, spans and metrics, or replaces the layer's label of
    /// that name. Metrics keep a series for each value: if there is no end of values, use
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
}
