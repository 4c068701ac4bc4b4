use std::{io, time::Duration};

use socket2::{SockRef, TcpKeepalive};

use super::{AsSocket, platform};

/// What a TCP connection needs to carry an event stream well.
///
/// [`new`](Self::new) has what suits a stream; each setter changes one thing. What is not set stays
/// as the system has it.
///
/// They are for any accepted socket:
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
/// those connections that come to carry a stream, give them to
/// [`SseLayer::socket`](crate::SseLayer::socket).
///
/// # Systems
///
/// | option | Linux, Android | macOS, iOS, FreeBSD, NetBSD, Windows | others |
/// |---|---|---|---|
/// | [`no_delay`](Self::no_delay), [`send_buffer`](Self::send_buffer) | yes | yes | yes |
/// | [`keep_alive`](Self::keep_alive) | yes | yes | where they have it |
/// | [`keep_alive_interval`](Self::keep_alive_interval), [`keep_alive_count`](Self::keep_alive_count) | yes | yes | |
/// | [`user_timeout`](Self::user_timeout), [`unsent_low_water`](Self::unsent_low_water) | yes | | |
///
/// What a system has not is left out, and is no error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "options do nothing until they are applied"]
pub struct TcpOptions {
    no_delay: Option<bool>,
    keep_alive: Option<Duration>,
    keep_alive_interval: Option<Duration>,
    keep_alive_count: Option<u32>,
    user_timeout: Option<Duration>,
    send_buffer: Option<usize>,
    unsent_low_water: Option<u32>,
}

impl TcpOptions {
    /// Makes options that suit an event stream: no delay; a peer that is gone is noticed within a
    /// minute, be the stream idle (keep-alive after 30 seconds, every 10, 3 times) or not (a user
    /// timeout of 60 seconds); the system keeps 128 KiB for a client that reads too slowly.
    pub const fn new() -> Self {
        Self::empty()
            .no_delay(true)
            .keep_alive(Duration::from_secs(30))
            .keep_alive_interval(Duration::from_secs(10))
            .keep_alive_count(3)
            .user_timeout(Duration::from_secs(60))
            .unsent_low_water(128 * 1024)
    }

    /// Makes options of which none is set.
    pub const fn empty() -> Self {
        Self {
            no_delay: None,
            keep_alive: None,
            keep_alive_interval: None,
            keep_alive_count: None,
            user_timeout: None,
            send_buffer: None,
            unsent_low_water: None,
        }
    }

    /// Sets whether small writes go out at once (`TCP_NODELAY`), rather than wait for the
    /// acknowledgement of the one before.
    pub const fn no_delay(mut self, no_delay: bool) -> Self {
        self.no_delay = Some(no_delay);
        self
    }

    /// Sets after what silence of the connection its peer is asked whether it is there
    /// (`SO_KEEPALIVE`, `TCP_KEEPIDLE`). In whole seconds, rounded up.
    pub const fn keep_alive(mut self, idle: Duration) -> Self {
        self.keep_alive = Some(idle);
        self
    }

    /// Sets after what time a peer that does not answer is asked again (`TCP_KEEPINTVL`). In whole
    /// seconds, rounded up. It takes [`keep_alive`](Self::keep_alive) to have an effect.
    pub const fn keep_alive_interval(mut self, interval: Duration) -> Self {
        self.keep_alive_interval = Some(interval);
        self
    }

    /// Sets after how many questions without an answer the connection is closed (`TCP_KEEPCNT`). It
    /// takes [`keep_alive`](Self::keep_alive) to have an effect.
    pub const fn keep_alive_count(mut self, count: u32) -> Self {
        self.keep_alive_count = Some(count);
        self
    }

    /// Sets how long sent bytes may go without an acknowledgement, or the peer have no room for
    /// more, before the connection is closed (`TCP_USER_TIMEOUT`, RFC 5482). In milliseconds, rounded up; zero
    /// is the system's default, which is a quarter of an hour and more.
    ///
    /// With heartbeats there is always something to acknowledge, so this is what finds a peer that
    /// vanished. Where keep-alive is set too, Linux takes this time in place of the count.
    pub const fn user_timeout(mut self, timeout: Duration) -> Self {
        self.user_timeout = Some(timeout);
        self
    }

    /// Sets how many bytes the system keeps at most until they are acknowledged (`SO_SNDBUF`). Linux
    /// counts its own bookkeeping in, sets twice as much, and no longer adapts it: a connection with
    /// a long way to go is slowed down to this much a round trip.
    ///
    /// It is best left alone: it slows down who is far away, and holds no less back than
    /// [`unsent_low_water`](Self::unsent_low_water).
    pub const fn send_buffer(mut self, bytes: usize) -> Self {
        self.send_buffer = Some(bytes);
        self
    }

    /// Sets how many bytes may wait in the system that have not been sent yet, before it takes no
    /// more (`TCP_NOTSENT_LOWAT`). Unlike the send buffer it leaves alone what is on its way.
    ///
    /// [`new`](Self::new) has 128 KiB. Over loopback the system then kept about 150 KiB for a client
    /// that reads nothing in place of 3.7 MB, and one that reads 1 MB/s was a third of a second behind
    /// in place of 3.7 (`cargo bench --bench slow_client --all-features`). Less makes more writes on a
    /// busy link. What is not acknowledged, what the client's system takes and what hyper holds comes
    /// on top.
    pub const fn unsent_low_water(mut self, bytes: u32) -> Self {
        self.unsent_low_water = Some(bytes);
        self
    }

    /// Sets the options of a socket. Each is tried, whatever becomes of the others.
    ///
    /// # Errors
    ///
    /// The first error of the system, for a socket that is not TCP or a value that it refuses.
    pub fn apply<S: AsSocket>(&self, socket: &S) -> io::Result<()> {
        let socket = SockRef::from(socket);
        let no_delay = self.no_delay.map(|it| socket.set_tcp_nodelay(it));
        let keep_alive = self.keep_alive.map(|idle| {
            let idle = TcpKeepalive::new().with_time(whole_seconds(idle));
            // One by one, for the system may refuse some.
            let interval = self.keep_alive_interval.map(whole_seconds);
            let probes = [
                interval.map(|interval| platform::set_interval(&socket, interval)),
                self.keep_alive_count
                    .map(|count| platform::set_count(&socket, count)),
            ];
            let set = [Some(socket.set_tcp_keepalive(&idle))];
            set.into_iter().chain(probes).flatten().collect()
        });
        let timeout = self
            .user_timeout
            .map(|it| platform::set_user_timeout(&socket, whole_millis(it)));
        let buffer = self.send_buffer.map(|it| socket.set_send_buffer_size(it));
        let unsent = self
            .unsent_low_water
            .map(|it| platform::set_unsent_low_water(&socket, it));
        [no_delay, keep_alive, timeout, buffer, unsent]
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
