//! A generation, as its handles, its listeners and the future that drives it share it.

use std::sync::Arc;

use super::{GenerationEnd, GenerationError, GenerationOptions, listeners::Listeners};
use crate::{
    Channel, EncodedEvent, LastEventId, PublishError, Subscription,
    sync::{
        OnceLock,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

/// The events of a generation, and how it ended.
#[derive(Debug)]
pub(super) struct GenerationShared {
    channel: Channel<EncodedEvent>,
    /// The position before the first event.
    start: Option<LastEventId>,
    options: Arc<GenerationOptions>,
    /// The bytes of the events without ids.
    bytes: AtomicU64,
    stopped: AtomicBool,
    end: OnceLock<Ended>,
    pub(super) listeners: Arc<Listeners>,
}

/// How a generation ended.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ended {
    pub(super) end: GenerationEnd,
    /// Whether its events tell the client of the end, so that streams may end cleanly.
    pub(super) is_told: bool,
}

impl GenerationShared {
    pub(super) fn new(options: &Arc<GenerationOptions>) -> Self {
        let channel = Channel::new(options.channel());
        Self {
            start: LastEventId::new(channel.last_id()),
            channel,
            options: Arc::clone(options),
            bytes: AtomicU64::new(0),
            stopped: AtomicBool::new(false),
            end: OnceLock::default(),
            listeners: Arc::new(Listeners::new(options.timer().clone())),
        }
    }

    pub(super) fn options(&self) -> &GenerationOptions {
        &self.options
    }

    pub(super) fn ended(&self) -> Option<Ended> {
        self.end.get().copied()
    }

    /// Asks the driver to end the generation.
    pub(super) fn stop(&self) {
        self.stopped.store(true, Ordering::Release);
        self.listeners.wake_driver();
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Acquire)
    }

    /// Publishes an event, or returns how the generation ends for it.
    pub(super) fn publish(&self, event: EncodedEvent) -> Result<(), GenerationEnd> {
        let len = event.as_bytes().len() as u64;
        // The driver alone publishes, so that nothing comes between the two.
        let bytes = self.bytes.load(Ordering::Relaxed).saturating_add(len);
        if !self.options.overflow_policy.evicts() && bytes > self.options.max_bytes as u64 {
            return Err(GenerationEnd::TooLarge);
        }
        self.bytes.store(bytes, Ordering::Relaxed);
        match self.channel.publish(event) {
            Ok(_) => Ok(()),
            Err(PublishError::TooLarge { .. }) => Err(GenerationEnd::TooLarge),
            Err(_) => Err(GenerationEnd::Failed),
        }
    }

    /// Publishes the last events, and ends the streams of all listeners after them.
    pub(super) fn finish(&self, end: GenerationEnd, last_events: Vec<EncodedEvent>) {
        let has_last_events = !last_events.is_empty();
        let is_published = self.channel.publish_all(last_events).is_ok();
        let is_told = end == GenerationEnd::Completed || has_last_events && is_published;
        // Before the channel is closed, because a listener that finds it closed looks for the end.
        let _ = self.end.set(Ended { end, is_told });
        self.channel.close();
    }

    /// Returns the events after this id, or from the start on.
    pub(super) fn events_after(
        &self,
        id: Option<&LastEventId>,
    ) -> Result<Subscription, GenerationError> {
        let Some(id) = id else {
            return self.all_events();
        };
        let has_all = self.channel.is_closed() && self.channel.last_id() == **id;
        if has_all && self.ended().is_some_and(|ended| ended.is_told) {
            return Err(GenerationError::Complete);
        }
        match self.channel.try_resume(id) {
            Ok(subscription) => Ok(subscription),
            Err(gap) if gap.is_known => Err(GenerationError::Evicted),
            Err(_) if self.options.unknown_id_policy.replays() => self.all_events(),
            Err(_) => Err(GenerationError::UnknownId),
        }
    }

    fn all_events(&self) -> Result<Subscription, GenerationError> {
        // Unlike `replay`, this fails if the start was evicted, and ends early if it is evicted later.
        match &self.start {
            Some(start) => self.channel.try_resume(start),
            None => Ok(self.channel.replay()),
        }
        .map_err(|_| GenerationError::Evicted)
    }
}
