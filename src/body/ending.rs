use std::{
    mem,
    sync::Arc,
    time::{Duration, Instant},
};

use crate::{AtShutdown, CloseReason, SseOptions};

/// When a stream will be ended, though it may have more to send.
#[derive(Debug)]
pub(super) struct Ending {
    at: Option<(Instant, CloseReason)>,
    at_shutdown: Option<Arc<AtShutdown>>,
    /// Whether the shutdown has been heeded.
    leaving: bool,
}

impl Ending {
    /// Settles the end of a stream that is open since then.
    pub(super) fn begin(options: &SseOptions, since: Instant) -> Self {
        let mut ending = Self {
            at: None,
            at_shutdown: options.at_shutdown.clone(),
            leaving: false,
        };
        let lifetime = options.max_lifetime.and_then(|lifetime| lifetime.draw());
        let times = [
            (lifetime, CloseReason::Lifetime),
            (options.deadline, CloseReason::Deadline),
        ];
        for (time, reason) in times {
            ending.by(time.and_then(|time| since.checked_add(time)), reason);
        }
        ending
    }

    /// Heeds the shutdown, and tells whether the end has come with it.
    ///
    /// The closure tells since when the shutdown is.
    pub(super) fn leave(&mut self, since: impl FnOnce() -> Instant) -> bool {
        let heeded = mem::replace(&mut self.leaving, true);
        let grace = self.at_shutdown().grace().filter(|_| !heeded);
        match grace {
            Some(Duration::ZERO) => true,
            Some(grace) => {
                self.by(since().checked_add(grace), CloseReason::ShutDown);
                false
            }
            None => false,
        }
    }

    /// Returns when the end is.
    pub(super) fn at(&self) -> Option<Instant> {
        self.at.map(|(at, _)| at)
    }

    /// Returns the reason, if the end has come.
    pub(super) fn reason(&self, now: Instant) -> Option<CloseReason> {
        self.at
            .filter(|(at, _)| *at <= now)
            .map(|(_, reason)| reason)
    }

    pub(super) fn at_shutdown(&self) -> &AtShutdown {
        AtShutdown::or_default(self.at_shutdown.as_deref())
    }

    /// Ends the stream at a moment, unless it ends earlier.
    fn by(&mut self, at: Option<Instant>, reason: CloseReason) {
        if let Some(at) = at {
            if self.at.is_none_or(|(end, _)| at < end) {
                self.at = Some((at, reason));
            }
        }
    }
}
