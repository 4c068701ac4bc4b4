use std::{io, time::Duration};

use socket2::{SockRef, TcpKeepalive};

use super::{AsSocket, platform};

/// Options of a TCP connection that carries an event stream.
///
/// [`new`](Self::new) suits a stream; each setter changes one option. An option that is not set
/// stays as the system has it.
///
/// They can be applied to any accepted socket:
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> std::io::Result<()> {
/// use std::time::Duration;
/// use tokio::net::{TcpListener, TcpStream};
/// use tower_sse::TcpOptions;
///
/// let options = TcpOptions::new().user_timeout(Duration::from_secs(30));
///
/// let listener = TcpListener::bind("127.0.0.1:0").await?;
/// # let _client = TcpStream::connect(listener.local_addr()?).await?;
/// let (socket, _) = listener.accept().await?;
/// options.apply(&socket)?;
///
/// assert!(socket.nodelay()?);
/// # Ok(())
/// # }
/// ```
///
/// With axum that is `listener.tap_io(move |socket| drop(options.apply(socket)))`. To set only
/// the connections that carry a stream, give them to
/// [`SseLayer::socket`](crate::SseLayer::socket).
///
/// # Systems
///
/// | option | Linux, Android | macOS, iOS, FreeBSD, NetBSD, Windows | others |
/// |---|---|---|---|
/// | [`nodelay`](Self::nodelay), [`send_buffer_size`](Self::send_buffer_size) | yes | yes | yes |
/// | [`keep_alive`](Self::keep_alive) | yes | yes | where they have it |
/// | [`keep_alive_interval`](Self::keep_alive_interval), [`keep_alive_count`](Self::keep_alive_count) | yes | yes | |
/// | [`user_timeout`](Self::user_timeout), [`notsent_lowat`](Self::notsent_lowat) | yes | | |
///
/// An option that a system does not have is left out, and is no error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "options do nothing until they are applied"]
pub struct TcpOptions {
    nodelay: Option<bool>,
    keep_alive: Option<Duration>,
    keep_alive_interval: Option<Duration>,
    keep_alive_count: Option<u32>,
    user_timeout: Option<Duration>,
    send_buffer_size: Option<usize>,
    notsent_lowat: Option<u32>,
}

impl TcpOptions {
    /// Creates options that suit an event stream.
    ///
    /// Small writes are not delayed. The system notices within a minute that a client has vanished,
    /// whether the stream is idle (keep-alive after 30 seconds, every 10 seconds, 3 times) or not
    /// (a user timeout of 60 seconds). It holds 128 KiB of unsent bytes for a client that reads
    /// slowly.
    pub const fn new() -> Self {
        Self::empty()
            .nodelay(true)
            .keep_alive(Duration::from_secs(30))
            .keep_alive_interval(Duration::from_secs(10))
            .keep_alive_count(3)
            .user_timeout(Duration::from_secs(60))
            .notsent_lowat(128 * 1024)
    }

    /// Creates empty options.
    pub const fn empty() -> Self {
        Self {
            nodelay: None,
            keep_alive: None,
            keep_alive_interval: None,
            keep_alive_count: None,
            user_timeout: None,
            send_buffer_size: None,
            notsent_lowat: None,
        }
    }

    /// Sets whether small writes are sent at once (`TCP_NODELAY`), instead of after the client has
    /// acknowledged the previous write.
    pub const fn nodelay(mut self, nodelay: bool) -> Self {
        self.nodelay = Some(nodelay);
        self
    }

    /// Sets how long a connection is idle before the system probes the client (`SO_KEEPALIVE`,
    /// `TCP_KEEPIDLE`).
    ///
    /// The time is rounded up to whole seconds. Linux takes at most 32,767 seconds, about nine
    /// hours: a longer time becomes that.
    pub const fn keep_alive(mut self, idle: Duration) -> Self {
        self.keep_alive = Some(idle);
        self
    }

    /// Sets the time between two probes (`TCP_KEEPINTVL`).
    ///
    /// The time is rounded up to whole seconds, at most 32,767 on Linux. It has no effect without
    /// [`keep_alive`](Self::keep_alive).
    pub const fn keep_alive_interval(mut self, interval: Duration) -> Self {
        self.keep_alive_interval = Some(interval);
        self
    }

    /// Sets how many probes may go unanswered before the system closes the connection
    /// (`TCP_KEEPCNT`).
    ///
    /// Zero counts as one; Linux takes at most 127, and more becomes that. It has no effect without
    /// [`keep_alive`](Self::keep_alive).
    pub const fn keep_alive_count(mut self, count: u32) -> Self {
        self.keep_alive_count = Some(count);
        self
    }

    /// Sets how long bytes may go unacknowledged, or the client's window stay closed, before the
    /// system closes the connection (`TCP_USER_TIMEOUT`, RFC 5482).
    ///
    /// The time is rounded up to whole milliseconds. Linux takes at most 2,147,483,647, about 25
    /// days: a longer time becomes that. Zero is the system's default, which is 15 minutes and
    /// more.
    ///
    /// With heartbeats there are always bytes to acknowledge, so this timeout notices a client that
    /// has vanished. If keep-alive is set too, Linux uses this time instead of the count.
    ///
    /// A client that reads slowly keeps its window closed until it has made room for a whole step:
    /// 150 KiB over loopback, and up to 900 KiB if its system had enlarged the receive buffer
    /// (`cargo bench --bench slow_client --all-features`). This timeout therefore closes the
    /// connection of a client that takes longer than it for a step, however steadily it reads. For
    /// slow clients, set it longer than a step takes at the
    /// [`stall_rate`](crate::SseLayer::stall_rate).
    pub const fn user_timeout(mut self, timeout: Duration) -> Self {
        self.user_timeout = Some(timeout);
        self
    }

    /// Sets the size of the system's send buffer in bytes (`SO_SNDBUF`), which holds what the
    /// client has not acknowledged.
    ///
    /// Linux doubles the size, counts its own bookkeeping in, caps it at twice `net.core.wmem_max`,
    /// and stops adapting it: a distant client then gets no more than this per round trip. Prefer
    /// [`notsent_lowat`](Self::notsent_lowat), which holds back as little and does not slow
    /// down distant clients.
    pub const fn send_buffer_size(mut self, bytes: usize) -> Self {
        self.send_buffer_size = Some(bytes);
        self
    }

    /// Sets how many unsent bytes the system holds before it takes no more (`TCP_NOTSENT_LOWAT`).
    /// Zero counts as one.
    ///
    /// Unlike the send buffer, it does not limit what is on its way to the client.
    ///
    /// [`new`](Self::new) sets 128 KiB. Over loopback the system then held about 150 KiB for a
    /// client that reads nothing instead of 3.7 MB, and a client that reads 1 MB/s was a third of a
    /// second behind instead of 3.7 seconds (`cargo bench --bench slow_client --all-features`).
    /// Less means more writes on a busy connection. Unacknowledged bytes, the client's own buffers
    /// and hyper's come on top.
    pub const fn notsent_lowat(mut self, bytes: u32) -> Self {
        self.notsent_lowat = Some(bytes);
        self
    }

    /// Returns these options, with those of `other` where none is set.
    pub(super) fn or(self, other: Self) -> Self {
        Self {
            nodelay: self.nodelay.or(other.nodelay),
            keep_alive: self.keep_alive.or(other.keep_alive),
            keep_alive_interval: self.keep_alive_interval.or(other.keep_alive_interval),
            keep_alive_count: self.keep_alive_count.or(other.keep_alive_count),
            user_timeout: self.user_timeout.or(other.user_timeout),
            send_buffer_size: self.send_buffer_size.or(other.send_buffer_size),
            notsent_lowat: self.notsent_lowat.or(other.notsent_lowat),
        }
    }

    /// Sets the options of a socket. Each is tried, even if an earlier one fails.
    ///
    /// A value beyond what the system takes becomes the nearest one that it takes, as each setter
    /// says.
    ///
    /// # Errors
    ///
    /// The first error of the system, such as for a socket that is not TCP.
    pub fn apply<S: AsSocket>(&self, socket: &S) -> io::Result<()> {
        let socket = SockRef::from(socket);
        let nodelay = self.nodelay.map(|it| socket.set_tcp_nodelay(it));
        let keep_alive = self.keep_alive.map(|idle| {
            let seconds = |time| platform::limit_seconds(whole_seconds(time));
            let idle = TcpKeepalive::new().with_time(seconds(idle));
            // One by one, since the system may reject some.
            let interval = self.keep_alive_interval.map(seconds);
            let count = self.keep_alive_count.map(platform::limit_probes);
            let probes = [
                interval.map(|interval| platform::set_interval(&socket, interval)),
                count.map(|count| platform::set_count(&socket, count)),
            ];
            let set = [Some(socket.set_tcp_keepalive(&idle))];
            set.into_iter().chain(probes).flatten().collect()
        });
        let timeout = self
            .user_timeout
            .map(|it| platform::set_user_timeout(&socket, whole_millis(it)));
        let buffer = self
            .send_buffer_size
            .map(|it| platform::set_send_buffer_size(&socket, it));
        let unsent = self
            .notsent_lowat
            .map(|it| platform::set_notsent_lowat(&socket, it));
        [nodelay, keep_alive, timeout, buffer, unsent]
            .into_iter()
            .flatten()
            .collect()
    }
}

/// As [`TcpOptions::new`].
impl Default for TcpOptions {
    fn default() -> Self {
        Self::new()
    }
}

/// Rounds up to whole seconds, of which no system takes zero.
fn whole_seconds(time: Duration) -> Duration {
    let more = u64::from(time.subsec_nanos() > 0);
    Duration::from_secs(time.as_secs().saturating_add(more).max(1))
}

/// Rounds up to whole milliseconds, of which zero is another thing.
fn whole_millis(time: Duration) -> Duration {
    let rest = time.subsec_nanos() % 1_000_000;
    let more = Duration::from_nanos(u64::from((1_000_000 - rest) % 1_000_000));
    time.saturating_add(more)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_up_to_whole_milliseconds() {
        let rounded = |nanos| whole_millis(Duration::from_nanos(nanos)).as_nanos();
        let expected = [0, 1_000_000, 1_000_000, 2_000_000];
        assert_eq!([0, 1, 1_000_000, 1_000_001].map(rounded), expected);
        assert_eq!(whole_millis(Duration::MAX), Duration::MAX);
    }

    #[test]
    fn rounds_up_to_whole_seconds() {
        let rounded = |millis| whole_seconds(Duration::from_millis(millis)).as_secs();
        assert_eq!([0, 1, 1000, 1001].map(rounded), [1, 1, 1, 2]);
        assert_eq!(whole_seconds(Duration::MAX).as_secs(), u64::MAX);
    }
}
