use std::collections::VecDeque;

/// The places of a limit, or of one of its keys, and the requests that wait for one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Room {
    most: usize,
    evicts: bool,
    /// The requests and streams that have a place, from the oldest on.
    holders: Vec<Holder>,
    waiting: VecDeque<usize>,
    /// The requests that a place is kept for, which they have not taken yet.
    kept: Vec<usize>,
}

/// A request or stream with a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Holder {
    pub(crate) id: usize,
    /// Whether it is to end for another that waits.
    ends: bool,
}

impl Room {
    pub(crate) fn new(most: usize, evicts: bool) -> Self {
        Self {
            most,
            evicts,
            holders: Vec::new(),
            waiting: VecDeque::new(),
            kept: Vec::new(),
        }
    }

    pub(crate) fn assert_in_bounds(&self) {
        assert!(self.taken() <= self.most);
        assert!(self.waiting.len() <= self.most);
        assert!(self.waiting.is_empty() || self.taken() == self.most);
    }

    /// Takes a free place, or the one that is kept.
    pub(crate) fn take(&mut self, id: usize) -> bool {
        let was_kept = self.kept.contains(&id);
        if !was_kept && (self.waiting.contains(&id) || self.taken() >= self.most) {
            return false;
        }
        self.kept.retain(|other| *other != id);
        self.hold(id);
        true
    }

    /// Waits in turn. Returns whether it may, and which stream has to end for it.
    pub(crate) fn wait(&mut self, id: usize) -> (bool, Option<Holder>) {
        if self.waiting.contains(&id) {
            return (true, None);
        }
        if self.waiting.len() >= self.most {
            return (false, None);
        }
        self.waiting.push_back(id);
        let ending = self.holders.iter().filter(|holder| holder.ends).count();
        let another = self.evicts && ending < self.waiting.len();
        let ends = self.holders.iter_mut().find(|holder| !holder.ends);
        let ends = ends.filter(|_| another).map(|holder| {
            holder.ends = true;
            *holder
        });
        (true, ends)
    }

    /// Takes the place of the oldest, which is returned.
    pub(crate) fn evict(&mut self, id: usize) -> Option<Holder> {
        if !self.evicts || self.holders.is_empty() {
            return None;
        }
        let oldest = self.holders.remove(0);
        self.hold(id);
        Some(oldest)
    }

    /// Gives back what a request has, and its turn.
    pub(crate) fn leave(&mut self, id: usize) {
        let before = self.taken();
        self.holders.retain(|holder| holder.id != id);
        self.kept.retain(|other| *other != id);
        self.waiting.retain(|other| *other != id);
        for _ in self.taken()..before {
            self.kept.extend(self.waiting.pop_front());
        }
    }

    /// Gives up a turn, and what was kept for it, but not a place.
    pub(crate) fn stop_waiting(&mut self, id: usize) {
        self.waiting.retain(|other| *other != id);
        if let Some(place) = self.kept.iter().position(|other| *other == id) {
            self.kept.remove(place);
            self.kept.extend(self.waiting.pop_front());
        }
    }

    /// Returns `true` if a stream would be refused.
    pub(crate) fn is_full(&self) -> bool {
        self.taken() >= self.most && (self.most == 0 || !self.evicts)
    }

    pub(crate) fn is_unused(&self) -> bool {
        self.taken() == 0 && self.waiting.is_empty()
    }

    fn taken(&self) -> usize {
        self.holders.len() + self.kept.len()
    }

    fn hold(&mut self, id: usize) {
        let ends = false;
        self.holders.push(Holder { id, ends });
    }
}
