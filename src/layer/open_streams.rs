use std::{
    collections::HashMap,
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

use super::limit::{Control, EndOrder};
use crate::{
    Labels, RevokePolicy, StreamData, StreamInfo,
    report::StreamLink,
    sync::{Mutex, MutexGuard, PoisonError},
    time::SharedTimer,
};

/// A handle to the open streams of its layers, which lists, counts and ends them.
///
/// Give it to layers with [`SseLayer::open_streams`](crate::SseLayer::open_streams). Clones are
/// handles to the same streams. It includes adopted streams, and a stream of two layers that share
/// the handle is in it once. A stream is in it from its response until its body has ended or is
/// dropped.
///
/// ```
/// # #[cfg(feature = "tokio")]
/// # fn app() {
/// use axum::{Router, extract::Path, http::StatusCode, routing::{get, post}};
/// use tower_sse::{EventStream, OpenStreams, RevokePolicy, SseLayer, SseOptions};
///
/// let streams = OpenStreams::new();
/// let layer = SseLayer::new()
///     .open_streams(&streams)
///     .tag("user", |head| Some(head.headers().get("x-user")?.to_str().ok()?.to_owned()));
///
/// // Removes a user: first the right, then the streams that were opened with it.
/// let remove = async move |Path(user): Path<String>| {
///     let ended = streams.revoke(RevokePolicy::stop_reconnecting(), |stream| {
///         stream.tags.get("user") == Some(&user)
///     });
///     format!("{ended} streams ended")
/// };
/// # let feed = async || http::Response::from(EventStream::new(futures_util::stream::pending::<&str>()));
/// let app: Router = Router::new()
///     .route("/sse", get(feed))
///     .layer(layer)
///     .route("/remove/{user}", post(remove));
/// # }
/// ```
#[derive(Clone, Default)]
pub struct OpenStreams {
    shared: Arc<Mutex<Registry>>,
}

#[derive(Default)]
struct Registry {
    next: u64,
    streams: HashMap<u64, Arc<RegisteredStream>>,
}

/// An open stream, as the handle knows it.
struct RegisteredStream {
    info: StreamInfo,
    since: Instant,
    timer: SharedTimer,
    control: Arc<Control>,
    link: Option<StreamLink>,
}

/// An open stream, as it was when [`OpenStreams::list`] was called.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct OpenStream {
    /// The time since its response was made.
    pub age: Duration,
    /// The number of events that it has sent. `None` for an adopted stream, whose events are not
    /// counted.
    pub events: Option<u64>,
    /// The number of bytes that it has sent.
    pub bytes: u64,
    /// The labels of the layer and of the handler.
    pub labels: Labels,
    /// The tags of the layer and of the handler.
    pub tags: Labels,
    /// The values that the handler has attached.
    pub data: StreamData,
}

impl OpenStreams {
    /// Creates a handle that no layer has yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the number of open streams.
    pub fn count(&self) -> usize {
        self.lock().streams.len()
    }

    /// Returns the number of open streams for each value of a label. Streams without it are left
    /// out.
    pub fn count_by_label(&self, name: &str) -> HashMap<String, usize> {
        let mut counts = HashMap::new();
        for entry in self.entries() {
            if let Some(value) = entry.info.labels.get(name) {
                *counts.entry(value.to_owned()).or_default() += 1;
            }
        }
        counts
    }

    /// Returns the open streams, in the order in which they were opened.
    pub fn list(&self) -> Vec<OpenStream> {
        self.entries()
            .iter()
            .map(|entry| entry.snapshot())
            .collect()
    }

    /// Ends the streams for which the closure returns `true`, and returns their number. They close
    /// as [`CloseReason::Revoked`](crate::CloseReason::Revoked).
    ///
    /// Each ends when the server polls it next, and this call wakes the server for that. A stream
    /// whose client does not read is not polled; it sends nothing more when it is. A stream that is
    /// not resumable gets its final event or breaks; see [`FinalEvents`](crate::FinalEvents).
    ///
    /// Withdraw the client's rights first: a request that the handler is still answering is not
    /// open yet.
    pub fn revoke(
        &self,
        policy: RevokePolicy,
        mut matches: impl FnMut(&OpenStream) -> bool,
    ) -> usize {
        let policy = Arc::new(policy);
        // The closure runs without the lock, because it may use this handle.
        let entries = self.entries().into_iter();
        let matching = entries.filter(|entry| matches(&entry.snapshot()));
        matching
            .filter(|entry| entry.control.end(EndOrder::Revoke(Arc::clone(&policy))))
            .count()
    }

    /// Returns `true` if another handle is to the same streams.
    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }

    /// Adds a stream, until the registration is dropped.
    pub(crate) fn add(
        &self,
        info: &StreamInfo,
        control: &Arc<Control>,
        link: Option<&StreamLink>,
        timer: &SharedTimer,
    ) -> Registration {
        let entry = Arc::new(RegisteredStream {
            info: info.clone(),
            since: timer.now(),
            timer: timer.clone(),
            control: Arc::clone(control),
            link: link.cloned(),
        });
        let mut registry = self.lock();
        registry.next += 1;
        let number = registry.next;
        registry.streams.insert(number, entry);
        drop(registry);
        let streams = self.clone();
        Registration { streams, number }
    }

    fn entries(&self) -> Vec<Arc<RegisteredStream>> {
        let registry = self.lock();
        let mut entries: Vec<_> = registry.streams.iter().collect();
        entries.sort_unstable_by_key(|(number, _)| **number);
        let entries = entries.into_iter().map(|(_, entry)| Arc::clone(entry));
        entries.collect()
    }

    fn lock(&self) -> MutexGuard<'_, Registry> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl RegisteredStream {
    fn snapshot(&self) -> OpenStream {
        let now = self.timer.now();
        OpenStream {
            age: now.saturating_duration_since(self.since),
            events: self.link.as_ref().map(StreamLink::events),
            bytes: self.control.bytes(),
            labels: self.info.labels.clone(),
            tags: self.info.tags.clone(),
            data: self.info.data.clone(),
        }
    }
}

impl fmt::Debug for OpenStreams {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenStreams")
            .field("count", &self.count())
            .finish()
    }
}

impl Registration {
    /// Changes what the handle knows of the stream.
    pub(crate) fn update(&self, info: &StreamInfo, link: Option<&StreamLink>) {
        let mut registry = self.streams.lock();
        let Some(entry) = registry.streams.get_mut(&self.number) else {
            return;
        };
        let updated = RegisteredStream {
            info: info.clone(),
            since: entry.since,
            timer: entry.timer.clone(),
            control: Arc::clone(&entry.control),
            link: link.cloned(),
        };
        let before = std::mem::replace(entry, Arc::new(updated));
        drop(registry);
        // Its labels are dropped without the lock.
        drop(before);
    }
}

/// The registration of a stream, which removes it when it is dropped.
#[derive(Debug)]
pub(crate) struct Registration {
    streams: OpenStreams,
    number: u64,
}

impl Drop for Registration {
    fn drop(&mut self) {
        let removed = self.streams.lock().streams.remove(&self.number);
        // Its labels are dropped without the lock.
        drop(removed);
    }
}
