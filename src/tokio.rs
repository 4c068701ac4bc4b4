//! tokio's time as the default.

use hyper_util::rt::TokioTimer;

use crate::SseLayer;

impl SseLayer {
    /// Makes a layer whose time is tokio's.
    ///
    /// Its streams must be polled within a tokio runtime that has its time driver enabled.
    pub fn new() -> Self {
        Self::with_timer(TokioTimer::new())
    }
}

/// As [`SseLayer::new`].
impl Default for SseLayer {
    fn default() -> Self {
        Self::new()
    }
}
