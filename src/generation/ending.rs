//! The end of a generation, which comes whatever happens to the future that drives it.

use std::{hash::Hash, sync::Arc};

use super::{GenerationEnd, events::last_events, registry::Registry, shared::GenerationShared};
use crate::{
    Event,
    sync::{Mutex, lock},
};

/// Ends a generation when it is dropped, as failed if nothing else was said.
pub(super) struct Ending<K, L>
where
    K: Eq + Hash + Clone,
    L: Fn(GenerationEnd) -> Vec<Event>,
{
    pub(super) registry: Arc<Mutex<Registry<K>>>,
    pub(super) key: K,
    pub(super) generation: Arc<GenerationShared>,
    pub(super) last_events: L,
    pub(super) end: GenerationEnd,
}

impl<K, L> Ending<K, L>
where
    K: Eq + Hash + Clone,
    L: Fn(GenerationEnd) -> Vec<Event>,
{
    pub(super) fn finish(mut self, end: GenerationEnd) {
        self.end = end;
    }
}

impl<K, L> Drop for Ending<K, L>
where
    K: Eq + Hash + Clone,
    L: Fn(GenerationEnd) -> Vec<Event>,
{
    fn drop(&mut self) {
        let events = last_events(&self.last_events, self.end);
        let options = self.generation.options();
        let remove_at = options.timer().after(options.linger);
        // First, because a program that sees the end may start the next one with this key.
        lock(&self.registry).end(&self.key, remove_at);
        self.generation.finish(self.end, events);
    }
}
