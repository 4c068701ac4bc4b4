//! What not every system has: where it lacks something, nothing is done.

use std::{io, time::Duration};

use socket2::{SockRef, TcpKeepalive};

#[cfg(any(target_os = "android", target_os = "linux"))]
pub(super) fn set_user_timeout(socket: &SockRef<'_>, timeout: Duration) -> io::Result<()> {
    socket.set_tcp_user_timeout(Some(timeout))
}

#[cfg(not(any(target_os = "android", target_os = "linux")))]
pub(super) fn set_user_timeout(_: &SockRef<'_>, _: Duration) -> io::Result<()> {
    Ok(())
}

#[cfg(any(target_os = "android", target_os = "linux"))]
pub(super) fn set_unsent_low_water(socket: &SockRef<'_>, bytes: u32) -> io::Result<()> {
    socket.set_tcp_notsent_lowat(bytes)
}

#[cfg(not(any(target_os = "android", target_os = "linux")))]
pub(super) fn set_unsent_low_water(_: &SockRef<'_>, _: u32) -> io::Result<()> {
    Ok(())
}

#[cfg(any(
    target_os = "android",
    target_os = "freebsd",
    target_os = "ios",
    target_os = "linux",
    target_os = "macos",
    target_os = "netbsd",
    windows
))]
pub(super) fn probes(
    keep_alive: TcpKeepalive,
    interval: Option<Duration>,
    count: Option<u32>,
) -> TcpKeepalive {
    let with_interval = match interval {
        Some(interval) => keep_alive.with_interval(interval),
        None => keep_alive,
    };
    match count {
        Some(count) => with_interval.with_retries(count),
        None => with_interval,
    }
}

#[cfg(not(any(
    target_os = "android",
    target_os = "freebsd",
    target_os = "ios",
    target_os = "linux",
    target_os = "macos",
    target_os = "netbsd",
    windows
)))]
pub(super) fn probes(
    keep_alive: TcpKeepalive,
    _: Option<Duration>,
    _: Option<u32>,
) -> TcpKeepalive {
    keep_alive
}
