use std::{
    mem,
    sync::Arc,
    time::{Duration, Instant},
};

use crate::{CloseReason, EncodedEvent, FinalEvents, ShutdownPolicy, SseOptions};

/// The default for [`SseOptions::boundary_timeout`].
const BOUNDARY_TIMEOUT: Duration = Duration::from_secs(1);

/// The time at which the layer ends a stream, though its body may have more to send, and the
/// manner.
#[derive(Debug)]
pub(super) struct EndSchedule {
    at: Option<(Instant, CloseReason)>,
    shutdown_policy: Option<Arc<ShutdownPolicy>>,
    final_events: Option<Arc<FinalEvents>>,
    /// Whether a last event may say when to reconnect.
    final_retry: bool,
    boundary_timeout: Duration,
    /// Whether the shutdown has been taken into account.
    is_shut_down: bool,
}

impl EndSchedule {
    /// Makes the schedule of a stream that is open since `since`, and whose handler has answered at `answered`.
    pub(super) fn begin(options: &SseOptions, since: Instant, answered: Instant) -> Self {
        let mut schedule = Self {
            at: None,
            shutdown_policy: options.shutdown_policy.clone(),
            final_events: options.final_events.clone(),
            final_retry: options.final_retry.unwrap_or(true),
            boundary_timeout: options.boundary_timeout.unwrap_or(BOUNDARY_TIMEOUT),
            is_shut_down: false,
        };
        let lifetime = options.max_lifetime.and_then(|lifetime| lifetime.draw());
        let lifetime = lifetime.and_then(|time| since.checked_add(time));
        schedule.end_by(lifetime, CloseReason::Lifetime);
        let deadline = options.deadline.and_then(|time| answered.checked_add(time));
        schedule.end_by(deadline, CloseReason::Deadline);
        schedule
    }

    /// Takes a shutdown into account. Returns `true` if the stream ends at once.
    ///
    /// The closure returns when the shutdown began: a grace counts from then.
    pub(super) fn shut_down(
        &mut self,
        is_resumable: bool,
        since: impl FnOnce() -> Instant,
    ) -> bool {
        let is_known = mem::replace(&mut self.is_shut_down, true);
        let grace = self.shutdown_policy().grace_for(is_resumable);
        match grace.filter(|_| !is_known) {
            Some(Duration::ZERO) => true,
            Some(grace) => {
                self.end_by(since().checked_add(grace), CloseReason::ShutDown);
                false
            }
            None => false,
        }
    }

    /// Returns when the stream ends, if that is known.
    pub(super) fn at(&self) -> Option<Instant> {
        self.at.map(|(at, _)| at)
    }

    /// Returns the reason to end, if the time has come.
    pub(super) fn reason(&self, now: Instant) -> Option<CloseReason> {
        self.at
            .filter(|(at, _)| *at <= now)
            .map(|(_, reason)| reason)
    }

    pub(super) fn shutdown_policy(&self) -> &ShutdownPolicy {
        ShutdownPolicy::or_default(self.shutdown_policy.as_deref())
    }

    /// Returns the event that the user wants to be sent last for a reason.
    pub(super) fn final_event(&self, reason: CloseReason) -> Option<&EncodedEvent> {
        self.final_events.as_ref()?.get(reason)
    }

    pub(super) fn sends_final_retry(&self) -> bool {
        self.final_retry
    }

    /// Returns when the body must have ended an event that it has begun. `None` sets no limit.
    pub(super) fn boundary_by(&self, now: Instant) -> Option<Instant> {
        now.checked_add(self.boundary_timeout)
    }

    /// Ends the stream at a moment, unless it ends earlier.
    fn end_by(&mut self, at: Option<Instant>, reason: CloseReason) {
        if let Some(at) = at {
            if self.at.is_none_or(|(end, _)| at < end) {
                self.at = Some((at, reason));
            }
        }
    }
}
