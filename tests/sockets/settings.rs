//! What the system says of a socket.

use std::time::Duration;

use socket2::Socket;
use tower_sse::TcpOptions;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Settings {
    pub(crate) nodelay: bool,
    pub(crate) keep_alive: bool,
    pub(crate) send_buffer_size: usize,
    #[cfg(target_os = "linux")]
    pub(crate) linux: Linux,
}

/// What not every system has.
#[cfg(target_os = "linux")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Linux {
    pub(crate) keep_alive_idle: Duration,
    pub(crate) keep_alive_interval: Duration,
    pub(crate) keep_alive_count: u32,
    pub(crate) user_timeout: Option<Duration>,
    pub(crate) notsent_lowat: u32,
}

impl Settings {
    pub(crate) fn of(socket: &Socket) -> Self {
        Self {
            nodelay: socket.tcp_nodelay().unwrap(),
            keep_alive: socket.keepalive().unwrap(),
            send_buffer_size: socket.send_buffer_size().unwrap(),
            #[cfg(target_os = "linux")]
            linux: Linux::of(socket),
        }
    }
}

#[cfg(target_os = "linux")]
impl Linux {
    fn of(socket: &Socket) -> Self {
        Self {
            keep_alive_idle: socket.tcp_keepalive_time().unwrap(),
            keep_alive_interval: socket.tcp_keepalive_interval().unwrap(),
            keep_alive_count: socket.tcp_keepalive_retries().unwrap(),
            user_timeout: socket.tcp_user_timeout().unwrap(),
            notsent_lowat: socket.tcp_notsent_lowat().unwrap(),
        }
    }
}

/// Returns options of which each is set, and to what no system has by itself.
pub(crate) fn every_option() -> TcpOptions {
    TcpOptions::empty()
        .nodelay(true)
        .keep_alive(Duration::from_secs(41))
        .keep_alive_interval(Duration::from_secs(7))
        .keep_alive_count(5)
        .user_timeout(Duration::from_millis(12_345))
        .send_buffer_size(60_000)
        .notsent_lowat(16_000)
}

/// Returns what the system says of a socket that has got [`every_option`].
pub(crate) fn every_setting() -> Settings {
    Settings {
        nodelay: true,
        keep_alive: true,
        // Linux counts its bookkeeping in.
        send_buffer_size: if cfg!(target_os = "linux") {
            120_000
        } else {
            60_000
        },
        #[cfg(target_os = "linux")]
        linux: Linux {
            keep_alive_idle: Duration::from_secs(41),
            keep_alive_interval: Duration::from_secs(7),
            keep_alive_count: 5,
            user_timeout: Some(Duration::from_millis(12_345)),
            notsent_lowat: 16_000,
        },
    }
}
