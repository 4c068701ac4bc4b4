use std::time::Duration;

use super::{Pace, SocketHandle, SocketOrder, TcpOptions};
use crate::time::SharedTimer;

/// The least rate, in bytes per second, unless a layer sets another.
const STALL_RATE: u32 = 16 * 1024;

/// The settings that a layer wants for the connections that carry its streams.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tuning {
    pub(crate) options: TcpOptions,
    pub(crate) stall_timeout: Option<Duration>,
    pub(crate) stall_rate: Option<u32>,
}

/// The settings that have been asked of a connection for one stream.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tuned {
    id: u64,
    tuning: Tuning,
}

impl Tuning {
    pub(crate) const NONE: Self = Self {
        options: TcpOptions::empty(),
        stall_timeout: None,
        stall_rate: None,
    };

    /// Asks a connection to be set for a stream. What an inner layer has asked for the same stream
    /// comes first.
    pub(crate) fn tune(
        &self,
        inner: Option<Tuned>,
        socket: &SocketHandle,
        timer: &SharedTimer,
    ) -> Tuned {
        let mut tuning = *self;
        if let Some(inner) = inner {
            socket.cancel(inner);
            tuning = inner.tuning.or(self);
        }
        let id = socket.push_order(SocketOrder {
            options: tuning.options,
            pace: tuning.pace().map(|pace| (pace, timer.clone())),
        });
        Tuned { id, tuning }
    }

    fn or(&self, other: &Self) -> Self {
        Self {
            options: self.options.or(other.options),
            stall_timeout: self.stall_timeout.or(other.stall_timeout),
            stall_rate: self.stall_rate.or(other.stall_rate),
        }
    }

    fn pace(&self) -> Option<Pace> {
        Some(Pace {
            timeout: self.stall_timeout?,
            rate: self.stall_rate.unwrap_or(STALL_RATE),
        })
    }
}

impl SocketHandle {
    /// Cancels what has been asked for a stream that does not open, if the socket has not done it yet.
    pub(crate) fn cancel(&self, tuned: Tuned) {
        self.cancel_order(tuned.id);
    }
}
