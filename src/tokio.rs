//! tokio's time as the default.

use std::time::Duration;

#[cfg(feature = "channel")]
use hyper_util::rt::TokioExecutor;
use hyper_util::rt::TokioTimer;

#[cfg(feature = "channel")]
use crate::{ChannelOptions, GenerationOptions, HubOptions, store::MemoryStoreOptions};
use crate::{EarlyHeadLayer, Shutdown, SseLayer};

impl SseLayer {
    /// Creates a layer that uses tokio's timer.
    ///
    /// Its streams must be polled within a tokio runtime that has its time driver enabled.
    pub fn new() -> Self {
        Self::with_timer(TokioTimer::new())
    }
}

impl EarlyHeadLayer {
    /// Creates a layer that uses tokio's timer, and sends the head after this delay. With a delay of zero it does
    /// so if the service has no answer at once.
    pub fn after(delay: Duration) -> Self {
        Self::with_timer(TokioTimer::new(), delay)
    }
}

#[cfg(feature = "channel")]
impl ChannelOptions {
    /// Creates options that use tokio's timer.
    pub fn new() -> Self {
        Self::with_timer(TokioTimer::new())
    }
}

/// Same as [`ChannelOptions::new`].
#[cfg(feature = "channel")]
impl Default for ChannelOptions {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(feature = "channel")]
impl HubOptions {
    /// Creates options that use tokio's timer and executor.
    pub fn new() -> Self {
        Self::with_timer(TokioTimer::new()).executor(TokioExecutor::new())
    }
}

/// Same as [`HubOptions::new`].
#[cfg(feature = "channel")]
impl Default for HubOptions {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(feature = "channel")]
impl GenerationOptions {
    /// Creates options that use tokio's timer.
    pub fn new() -> Self {
        Self::with_timer(TokioTimer::new())
    }
}

/// Same as [`GenerationOptions::new`].
#[cfg(feature = "channel")]
impl Default for GenerationOptions {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(feature = "channel")]
impl MemoryStoreOptions {
    /// Creates options that use tokio's timer.
    pub fn new() -> Self {
        Self::with_timer(TokioTimer::new())
    }
}

/// Same as [`MemoryStoreOptions::new`].
#[cfg(feature = "channel")]
impl Default for MemoryStoreOptions {
    fn default() -> Self {
        Self::new()
    }
}

impl Shutdown {
    /// Creates a shutdown that uses tokio's timer.
    pub fn new() -> Self {
        Self::with_timer(TokioTimer::new())
    }
}

/// Same as [`Shutdown::new`].
impl Default for Shutdown {
    fn default() -> Self {
        Self::new()
    }
}

/// Same as [`SseLayer::new`].
impl Default for SseLayer {
    fn default() -> Self {
        Self::new()
    }
}
