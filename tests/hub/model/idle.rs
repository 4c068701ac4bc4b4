use std::collections::VecDeque;

use super::LifeId;

/// The channels without subscribers, in the order in which they became idle.
#[derive(Debug, Default)]
pub(crate) struct Idle {
    /// Each with the time since which it is idle.
    waiting: VecDeque<(u64, LifeId)>,
    /// Those that had events when their time had passed.
    retaining: VecDeque<LifeId>,
}

impl Idle {
    pub(crate) fn add(&mut self, life: LifeId, now: u64) {
        self.remove(life);
        self.waiting.push_back((now, life));
    }

    pub(crate) fn remove(&mut self, life: LifeId) {
        self.waiting.retain(|(_, idle)| *idle != life);
        self.retaining.retain(|idle| *idle != life);
    }

    /// Keeps a channel for its events, until there is no room.
    pub(crate) fn keep(&mut self, life: LifeId) {
        self.remove(life);
        self.retaining.push_back(life);
    }

    pub(crate) fn is_retaining(&self, life: LifeId) -> bool {
        self.retaining.contains(&life)
    }

    /// Returns a channel that has been idle since this time or longer.
    pub(crate) fn since(&self, time: u64) -> Option<LifeId> {
        let (since, life) = self.waiting.front()?;
        (*since <= time).then_some(*life)
    }

    /// Returns the channel to remove first.
    pub(crate) fn first(&self) -> Option<LifeId> {
        let waiting = self.waiting.front().map(|(_, life)| life);
        waiting.or(self.retaining.front()).copied()
    }
}
