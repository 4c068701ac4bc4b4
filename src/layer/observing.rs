//! The setters for what a layer reports of its streams: callbacks, labels and tags, and the handle to the
//! open streams.

use std::sync::Arc;

use crate::{OpenStreams, RejectedStream, RequestHead, SseLayer, StreamInfo, StreamSummary};

impl SseLayer {
    /// Registers the open streams with this handle, which lists, counts and ends them.
    pub fn open_streams(mut self, streams: &OpenStreams) -> Self {
        Arc::make_mut(&mut self.config).open_streams = Some(streams.clone());
        self
    }

    /// Adds a label to streams, for callbacks, spans and metrics. Metrics keep a series for each value
    /// of a label: a user's id belongs in a [`tag`](Self::tag).
    ///
    /// The closure runs for every request, before the service. A handler can add labels by
    /// [`SseOptions::label`](crate::SseOptions::label).
    pub fn label<F>(mut self, name: &'static str, value: F) -> Self
    where
        F: Fn(RequestHead<'_>) -> Option<String> + Send + Sync + 'static,
    {
        let config = Arc::make_mut(&mut self.config);
        config.observer.label(name, Arc::new(value));
        self
    }

    /// Adds a tag to streams: callbacks and spans have it, and [`OpenStreams`] finds streams by it.
    /// Metrics do not have it.
    ///
    /// The closure runs for every request, before the service. A handler can add tags by
    /// [`SseOptions::tag`](crate::SseOptions::tag).
    pub fn tag<F>(mut self, name: &'static str, value: F) -> Self
    where
        F: Fn(RequestHead<'_>) -> Option<String> + Send + Sync + 'static,
    {
        let config = Arc::make_mut(&mut self.config);
        config.observer.tag(name, Arc::new(value));
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
    /// It runs where the body is polled or dropped, in the server's task. It must not block, and it must
    /// not panic, because a panic while another one unwinds aborts the program. If two layers are around
    /// a service, the closures of both run, the inner layer's first.
    pub fn on_close(mut self, callback: impl Fn(&StreamSummary) + Send + Sync + 'static) -> Self {
        let config = Arc::make_mut(&mut self.config);
        config.observer.on_close(Arc::new(callback));
        self
    }

    /// Calls a closure when a stream is rejected, by this layer or by one inside of it. The stream has
    /// never been open.
    ///
    /// A HEAD request is not reported, and neither is the 204 No Content for a client that was evicted or
    /// revoked and reconnects.
    ///
    /// The closure runs where the response is made, in the server's task: it must not block.
    pub fn on_reject(mut self, callback: impl Fn(&RejectedStream) + Send + Sync + 'static) -> Self {
        let config = Arc::make_mut(&mut self.config);
        config.observer.on_reject(Arc::new(callback));
        self
    }
}
