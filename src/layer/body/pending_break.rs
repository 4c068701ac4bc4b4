use std::{
    task::{Context, Poll},
    time::{Duration, Instant},
};

use crate::{CloseReason, Error, time::ResettableSleep};

/// The delay of a failure, in which the server flushes what came before.
///
/// hyper drops what it has not written when a body fails, the head included. Over HTTP/1 it flushes
/// as soon as the body is pending; over HTTP/2 another task does, on any thread. The body cannot
/// see when that has happened, so it waits for a fixed time.
const FLUSH_DELAY: Duration = Duration::from_millis(100);

/// A stream that breaks when the server has had time to flush.
#[derive(Debug)]
pub(super) struct PendingBreak {
    pub(super) reason: CloseReason,
    pub(super) error: Error,
    at: Instant,
}

impl PendingBreak {
    pub(super) fn after_flush(reason: CloseReason, error: Error, now: Instant) -> Self {
        let at = now + FLUSH_DELAY;
        Self { reason, error, at }
    }

    /// Polls for the time at which the stream breaks.
    pub(super) fn poll(&self, sleep: &mut ResettableSleep, cx: &mut Context<'_>) -> Poll<()> {
        sleep.poll(self.at, cx).map(drop)
    }
}
