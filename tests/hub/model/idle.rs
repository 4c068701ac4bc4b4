use super::LifeId;

/// The channels without subscribers, in the order in which they became idle.
#[derive(Debug, Default)]
pub(crate) struct Idle {
    /// Each with the time since which it is idle.
    waiting: Vec<Waiting>,
    /// Those that had events when they were checked.
    retaining: Vec<Waiting>,
    /// The same, each with the time of that check, the earliest first.
    checked: Vec<(u64, LifeId)>,
    count: u64,
}

#[derive(Clone, Copy, Debug)]
struct Waiting {
    since: u64,
    order: u64,
    life: LifeId,
}

impl Idle {
    pub(crate) fn add(&mut self, life: LifeId, now: u64) {
        self.remove(life);
        self.count += 1;
        self.waiting.push(Waiting {
            since: now,
            order: self.count,
            life,
        });
    }

    pub(crate) fn remove(&mut self, life: LifeId) {
        self.waiting.retain(|idle| idle.life != life);
        self.retaining.retain(|idle| idle.life != life);
        self.checked.retain(|(_, checked)| *checked != life);
    }

    /// Keeps a channel for its events, until there is no room or it has none.
    pub(crate) fn keep(&mut self, life: LifeId, now: u64) {
        let mut both = self.waiting.iter().chain(&self.retaining);
        let Some(idle) = both.find(|idle| idle.life == life).copied() else {
            return;
        };
        self.remove(life);
        self.retaining.push(idle);
        self.retaining.sort_by_key(|idle| idle.order);
        self.checked.push((now, life));
    }

    /// Returns `true` if a channel is kept for its events, and idle since this time or longer.
    pub(crate) fn is_retaining(&self, life: LifeId, time: u64) -> bool {
        let mut retaining = self.retaining.iter();
        retaining.any(|idle| idle.life == life && idle.since <= time)
    }

    /// Returns a channel that has been idle, or has not been checked, since this time or longer.
    pub(crate) fn since(&self, time: u64) -> Option<LifeId> {
        let waiting = self.waiting.first().map(|idle| (idle.since, idle.life));
        let due = [waiting, self.checked.first().copied()];
        let mut due = due.into_iter().flatten();
        due.find(|(since, _)| *since <= time).map(|(_, life)| life)
    }

    pub(crate) fn first_waiting(&self) -> Option<LifeId> {
        self.waiting.first().map(|idle| idle.life)
    }

    pub(crate) fn first_retaining(&self) -> Option<LifeId> {
        self.retaining.first().map(|idle| idle.life)
    }
}
