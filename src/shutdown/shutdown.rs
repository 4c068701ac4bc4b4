use std::{
    fmt,
    future::Future,
    sync::Arc,
    time::{Duration, Instant},
};

use super::{
    member::Member,
    state::{ShutdownState, Trigger},
};
use crate::{sync::atomic::Ordering, time::SharedTimer};
use hyper::rt::Timer;

/// A handle that ends all open streams when the server shuts down.
///
/// An open stream would keep a graceful shutdown waiting forever. Give a `Shutdown` to the layers
/// ([`SseLayer::shutdown`](crate::SseLayer::shutdown)): when it is triggered, every open stream,
/// idle or busy, ends by its [`ShutdownPolicy`](crate::ShutdownPolicy), and the layers reject new
/// ones. Clones are handles to the same shutdown. Its timer must tell the same time as that of its
/// layers, because a grace counts from the trigger.
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
/// // Until then, new streams get an empty stream and reconnect: see `triggered_for`.
/// let stop_listening = shutdown.triggered_for(Duration::from_secs(5));
/// tokio::select! {
///     result = axum::serve(listener, app).with_graceful_shutdown(stop_listening) => result?,
///     // A client that does not read can hold its connection forever.
///     left = shutdown.deadline(Duration::from_secs(25)) => eprintln!("{left} streams were left"),
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Shutdown {
    state: Arc<ShutdownState>,
    timer: SharedTimer,
}

impl Shutdown {
    /// Creates a shutdown whose [`deadline`](Self::deadline) uses the timer of another runtime.
    pub fn with_timer<T: Timer + Send + Sync + 'static>(timer: T) -> Self {
        Self {
            state: Arc::default(),
            timer: SharedTimer::new(timer),
        }
    }

    /// Begins the shutdown. Later calls do nothing.
    pub fn trigger(&self) {
        let mut count = self.state.count();
        if count.trigger.is_some() {
            return;
        }
        count.trigger = Some(Trigger {
            open: count.open,
            at: self.timer.now(),
        });
        self.state.triggered.store(true, Ordering::Release);
        let none = count.open == 0;
        drop(count);
        self.state.triggered_notify.notify_waiters();
        if none {
            self.state.drained_notify.notify_waiters();
        }
    }

    /// Returns `true` if the shutdown has begun.
    pub fn is_triggered(&self) -> bool {
        self.state.triggered.load(Ordering::Acquire)
    }

    /// Waits until the shutdown begins.
    pub fn triggered(&self) -> impl Future<Output = ()> + Send + Sync + use<> {
        let shutdown = self.clone();
        async move {
            let triggered = Arc::clone(&shutdown.state.triggered_notify).notified_owned();
            if !shutdown.is_triggered() {
                triggered.await;
            }
        }
    }

    /// Waits until this long after the shutdown begins.
    ///
    /// Clients and load balancers go on connecting for a while after a server has received the
    /// signal to stop. If the server closes its listener at once, most proxies answer 502 or 503,
    /// and browsers never reconnect. So listen for some seconds more: in that time the layer
    /// rejects streams by its policy, by default with an empty stream after which browsers
    /// reconnect.
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

    /// Waits until the shutdown has begun and no stream is open. Returns how many were open when it
    /// began.
    ///
    /// It counts response bodies: a connection may still hold what its client has not read. A
    /// request that the handler had before the shutdown may open a stream afterwards, which is not
    /// in the number that is returned. A server's own graceful shutdown waits for such requests.
    pub fn drained(&self) -> impl Future<Output = usize> + Send + Sync + use<> {
        let state = Arc::clone(&self.state);
        async move {
            loop {
                // Before the count is read, or a stream that ends in between would go unnoticed.
                let drained = Arc::clone(&state.drained_notify).notified_owned();
                if let Some(open) = state.open_at_trigger_if_drained() {
                    return open;
                }
                // Looped, because a request from before the shutdown may have got its stream by the
                // time this task runs. Then that one is waited for too.
                drained.await;
            }
        }
    }

    /// Waits until this long after the shutdown began. Returns how many streams are left. The time
    /// counts from the trigger, no matter when this is called.
    ///
    /// The number may be 0 while a client that has not read everything still holds its connection.
    pub fn deadline(&self, after: Duration) -> impl Future<Output = usize> + Send + Sync + use<> {
        let (shutdown, triggered) = (self.clone(), self.triggered());
        async move {
            triggered.await;
            let trigger = shutdown.state.count().trigger;
            let end = trigger.and_then(|trigger| trigger.at.checked_add(after));
            match end {
                Some(end) => shutdown.timer.sleep_until(end).await,
                None => std::future::pending().await,
            }
            shutdown.open_stream_count()
        }
    }

    /// Returns the number of open streams.
    pub fn open_stream_count(&self) -> usize {
        self.state.count().open
    }

    /// Returns `true` if another is the same shutdown.
    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.state, &other.state)
    }

    /// Returns how long ago it began, if it has.
    pub(crate) fn since_trigger(&self, now: Instant) -> Option<Duration> {
        if !self.is_triggered() {
            return None;
        }
        let trigger = self.state.count().trigger?;
        Some(now.saturating_duration_since(trigger.at))
    }

    /// Counts a stream, unless its request came after the shutdown had begun.
    pub(crate) fn join(&self, before_shutdown: bool) -> Option<Member> {
        let mut count = self.state.count();
        if count.trigger.is_some() && !before_shutdown {
            return None;
        }
        count.open += 1;
        drop(count);
        Some(Member {
            woken: Box::pin(Arc::clone(&self.state.triggered_notify).notified_owned()),
            state: Arc::clone(&self.state),
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
