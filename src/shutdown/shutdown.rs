use std::{
    fmt,
    future::Future,
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use super::{
    member::Member,
    shared::{Found, Shared},
};
use crate::time::SharedTimer;
use hyper::rt::Timer;

/// Ends all streams when the server is to stop.
///
/// An open stream holds a graceful shutdown for ever. Give the layers a `Shutdown`
/// ([`SseLayer::shutdown`](crate::SseLayer::shutdown)): when it is triggered, every open stream,
/// idle or busy, ends as its [`ShutdownPolicy`](crate::ShutdownPolicy) says, and new ones are refused.
/// Clones are the same shutdown. Its timer and those of its layers are to tell the same time: a grace is
/// counted from the trigger.
///
/// ```no_run
/// # #[cfg(feature = "tokio")]
/// # async fn serve(listener: tokio::net::TcpListener, app: axum::Router) -> std::io::Result<()> {
/// use std::time::Duration;
/// use tower_sse::{Shutdown, SseLayer};
///
/// let shutdown = Shutdown::new();
/// let app = app.layer(SseLayer::new().shutdown(&shutdown));
///
/// let on_signal = shutdown.clone();
/// tokio::spawn(async move {
///     // Or SIGTERM: see the guide on deployment.
///     if tokio::signal::ctrl_c().await.is_ok() {
///         on_signal.trigger();
///     }
/// });
/// // Until then, new streams are refused softly: see `triggered_for`.
/// let stop_listening = shutdown.triggered_for(Duration::from_secs(5));
/// tokio::select! {
///     result = axum::serve(listener, app).with_graceful_shutdown(stop_listening) => result?,
///     // A client that does not read can hold its connection for ever.
///     left = shutdown.deadline(Duration::from_secs(25)) => eprintln!("{left} streams were left"),
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Shutdown {
    shared: Arc<Shared>,
    timer: SharedTimer,
}

impl Shutdown {
    /// Makes a shutdown whose [`deadline`](Self::deadline) uses another runtime's timer.
    pub fn with_timer<T: Timer + Send + Sync + 'static>(timer: T) -> Self {
        Self {
            shared: Arc::default(),
            timer: SharedTimer::new(timer),
        }
    }

    /// Begins the shutdown. Once is enough; more does nothing.
    pub fn trigger(&self) {
        let mut count = self.shared.count();
        if count.found.is_some() {
            return;
        }
        count.found = Some(Found {
            open: count.open,
            at: self.timer.now(),
        });
        self.shared.triggered.store(true, Ordering::Release);
        let none = count.open == 0;
        drop(count);
        self.shared.streams.notify_waiters();
        if none {
            self.shared.drained.notify_waiters();
        }
    }

    /// Returns `true` if the shutdown has begun.
    pub fn is_triggered(&self) -> bool {
        self.shared.triggered.load(Ordering::Acquire)
    }

    /// Waits until the shutdown begins.
    pub fn triggered(&self) -> impl Future<Output = ()> + Send + Sync + use<> {
        let shutdown = self.clone();
        async move {
            let begun = Arc::clone(&shutdown.shared.streams).notified_owned();
            if !shutdown.is_triggered() {
                begun.await;
            }
        }
    }

    /// Waits until the shutdown began this long ago.
    ///
    /// Clients and load balancers go on connecting for a while after a server has received the signal
    /// to stop. A server that refuses connections at once loses browsers for good behind most proxies,
    /// which answer 502 or 503. So listen for some seconds more: the layer refuses streams softly in
    /// that time.
    ///
    /// ```no_run
    /// # #[cfg(feature = "tokio")]
    /// # async fn serve(listener: tokio::net::TcpListener, app: axum::Router, shutdown: tower_sse::Shutdown) -> std::io::Result<()> {
    /// # use std::time::Duration;
    /// let stop_listening = shutdown.triggered_for(Duration::from_secs(5));
    /// axum::serve(listener, app).with_graceful_shutdown(stop_listening).await
    /// # }
    /// ```
    pub fn triggered_for(&self, time: Duration) -> impl Future<Output = ()> + Send + Sync + use<> {
        let deadline = self.deadline(time);
        async move {
            deadline.await;
        }
    }

    /// Waits until the shutdown has begun and no stream is open, and returns how many were open when
    /// it began.
    ///
    /// It counts response bodies: a connection may yet hold what its client has not read. A request
    /// that the handler had before the shutdown may open a stream afterwards, which is not in the
    /// number that is returned; a server's own graceful shutdown waits for such requests.
    pub fn drained(&self) -> impl Future<Output = usize> + Send + Sync + use<> {
        let shared = Arc::clone(&self.shared);
        async move {
            loop {
                let drained = Arc::clone(&shared.drained).notified_owned();
                if let Some(found) = shared.drained_of() {
                    return found;
                }
                // By the time this task runs, a request from before the shutdown may have got its
                // stream. Then that one is waited for too.
                drained.await;
            }
        }
    }

    /// Waits until some time after the shutdown began, and returns how many streams are left. The time
    /// counts from the trigger, whenever this is called.
    ///
    /// The number may be 0 while a client that has not read everything still holds its connection.
    pub fn deadline(&self, after: Duration) -> impl Future<Output = usize> + Send + Sync + use<> {
        let (shutdown, triggered) = (self.clone(), self.triggered());
        async move {
            triggered.await;
            let found = shutdown.shared.count().found;
            let end = found.and_then(|found| found.at.checked_add(after));
            match end {
                Some(end) => shutdown.timer.sleep_until(end).await,
                None => std::future::pending().await,
            }
            shutdown.open_stream_count()
        }
    }

    /// Returns how many streams are open.
    pub fn open_stream_count(&self) -> usize {
        self.shared.count().open
    }

    /// Returns `true` if another is the same shutdown.
    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.shared, &other.shared)
    }

    /// Returns how long ago it began, if it has.
    pub(crate) fn since_trigger(&self, now: Instant) -> Option<Duration> {
        if !self.is_triggered() {
            return None;
        }
        let found = self.shared.count().found?;
        Some(now.saturating_duration_since(found.at))
    }

    /// Counts a stream, unless its request came after the shutdown had begun.
    pub(crate) fn join(&self, came_before: bool) -> Option<Member> {
        let mut count = self.shared.count();
        if count.found.is_some() && !came_before {
            return None;
        }
        count.open += 1;
        drop(count);
        Some(Member {
            woken: Box::pin(Arc::clone(&self.shared.streams).notified_owned()),
            shared: Arc::clone(&self.shared),
            waker: None,
        })
    }
}

impl fmt::Debug for Shutdown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shutdown")
            .field("triggered", &self.is_triggered())
            .field("open", &self.open_stream_count())
            .finish()
    }
}
