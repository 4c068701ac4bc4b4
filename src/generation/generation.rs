//! The handle of a generation.

use std::{fmt, sync::Arc};

use super::{GenerationEnd, GenerationError, GenerationStream, shared::GenerationShared};
use crate::LastEventId;

/// A handle to a generation that runs, or has ended.
///
/// Clones are handles to the same generation. [`Generations::start`](super::Generations::start) and
/// [`Generations::get`](super::Generations::get) return it. Dropping it ends nothing.
#[derive(Clone)]
pub struct Generation(Arc<GenerationShared>);

impl Generation {
    pub(super) fn new(shared: Arc<GenerationShared>) -> Self {
        Self(shared)
    }

    /// Attaches a client: to all events after the one with its `Last-Event-ID`, and without an id from the start.
    ///
    /// Any number of clients can be attached, also after the end.
    ///
    /// # Errors
    ///
    /// Fails with [`GenerationError::UnknownId`] if the id is not of this generation (unless
    /// [`UnknownIdPolicy::replay`](super::UnknownIdPolicy::replay) sends the whole answer again), with
    /// [`GenerationError::Evicted`] if the next event was evicted, and with [`GenerationError::Complete`] if the
    /// generation has ended and the id is that of its last event.
    pub fn attach(
        &self,
        last_event_id: Option<&LastEventId>,
    ) -> Result<GenerationStream, GenerationError> {
        let subscription = self.0.events_after(last_event_id)?;
        Ok(GenerationStream::new(&self.0, subscription))
    }

    /// Ends the generation as [`Stopped`](GenerationEnd::Stopped), if it runs.
    ///
    /// The future that drives it drops the user's stream when it is polled next, which happens at once if it was
    /// spawned.
    pub fn stop(&self) {
        self.0.stop();
    }

    /// Returns the reason for which the generation has ended, or `None` while it runs.
    pub fn end(&self) -> Option<GenerationEnd> {
        self.0.ended().map(|ended| ended.end)
    }

    /// Returns the number of clients that are attached.
    pub fn listener_count(&self) -> usize {
        self.0.listeners.count()
    }
}

impl fmt::Debug for Generation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Generation")
            .field("end", &self.end())
            .field("listeners", &self.listener_count())
            .finish_non_exhaustive()
    }
}
