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

/// The systems that have both of what follows.
macro_rules! probes {
    ($name:ident, $of:ty, $with:ident) => {
        #[cfg(any(
            target_os = "android",
            target_os = "freebsd",
            target_os = "ios",
            target_os = "linux",
            target_os = "macos",
            target_os = "netbsd",
            windows
        ))]
        pub(super) fn $name(socket: &SockRef<'_>, value: $of) -> io::Result<()> {
            socket.set_tcp_keepalive(&TcpKeepalive::new().$with(value))
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
        pub(super) fn $name(_: &SockRef<'_>, _: $of) -> io::Result<()> {
            Ok(())
        }
    };
}

probes!(set_interval, Duration, with_interval);
probes!(set_count, u32, with_retries);
