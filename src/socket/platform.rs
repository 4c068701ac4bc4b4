//! Socket options that differ between systems. An option that a system does not have is left out.

use std::{io, time::Duration};

use socket2::{SockRef, TcpKeepalive};

/// The number of bytes that a client may read before its system announces room again. Linux waits
/// for a sixteenth of the receive buffer, which it lets grow to 6 MB by default.
const CLIENT_STEP: u64 = 512 * 1024;

#[cfg(any(target_os = "android", target_os = "linux"))]
mod linux {
    use super::*;

    /// The most that Linux takes, in seconds (`MAX_TCP_KEEPIDLE`, `MAX_TCP_KEEPINTVL`).
    const MAX_SECONDS: Duration = Duration::from_secs(32_767);

    /// The most that Linux takes (`MAX_TCP_KEEPCNT`).
    const MAX_PROBES: u32 = 127;

    /// The most that Linux takes: an `int` of milliseconds.
    const MAX_MILLIS: Duration = Duration::from_millis(i32::MAX as u64);

    pub(in super::super) fn limit_seconds(time: Duration) -> Duration {
        time.min(MAX_SECONDS)
    }

    pub(in super::super) fn limit_probes(count: u32) -> u32 {
        count.clamp(1, MAX_PROBES)
    }

    pub(in super::super) fn set_user_timeout(
        socket: &SockRef<'_>,
        timeout: Duration,
    ) -> io::Result<()> {
        socket.set_tcp_user_timeout(Some(timeout.min(MAX_MILLIS)))
    }

    /// Zero would be the system's default, which is no limit.
    pub(in super::super) fn set_notsent_lowat(socket: &SockRef<'_>, bytes: u32) -> io::Result<()> {
        socket.set_tcp_notsent_lowat(bytes.max(1))
    }

    /// Linux reports room when a third of the send buffer is free, and what is unsent is below half
    /// of its low-water mark.
    pub(super) fn own_step(socket: &SockRef<'_>) -> u64 {
        let buffer = socket.send_buffer_size().map_or(0, |bytes| bytes as u64);
        match socket.tcp_notsent_lowat() {
            Ok(mark @ 1..) => (buffer / 3).min(mark.into()),
            Ok(0) => buffer / 3,
            // Not TCP.
            Err(_) => buffer,
        }
    }
}

#[cfg(not(any(target_os = "android", target_os = "linux")))]
mod others {
    use super::*;

    pub(in super::super) fn limit_seconds(time: Duration) -> Duration {
        time
    }

    pub(in super::super) fn limit_probes(count: u32) -> u32 {
        count.max(1)
    }

    pub(in super::super) fn set_user_timeout(_: &SockRef<'_>, _: Duration) -> io::Result<()> {
        Ok(())
    }

    pub(in super::super) fn set_notsent_lowat(_: &SockRef<'_>, _: u32) -> io::Result<()> {
        Ok(())
    }

    pub(super) fn own_step(socket: &SockRef<'_>) -> u64 {
        socket.send_buffer_size().map_or(0, |bytes| bytes as u64)
    }
}

#[cfg(any(target_os = "android", target_os = "linux"))]
use self::linux as system;
#[cfg(not(any(target_os = "android", target_os = "linux")))]
use self::others as system;
pub(super) use self::system::{limit_probes, limit_seconds, set_notsent_lowat, set_user_timeout};

/// Returns how much a client may read at most before the system reports room to write.
pub(super) fn step(socket: &SockRef<'_>) -> u64 {
    system::own_step(socket).saturating_add(CLIENT_STEP)
}

/// The size is an `int`, to which the system adds limits of its own.
pub(super) fn set_send_buffer_size(socket: &SockRef<'_>, bytes: usize) -> io::Result<()> {
    socket.set_send_buffer_size(bytes.min(i32::MAX as usize))
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
