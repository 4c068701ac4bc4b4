use std::collections::VecDeque;

/// The places of a limit, or of one of its keys, and the requests that wait for one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PlaceQueue {
    most: usize,
    evicts: bool,
    /// The requests and streams that have a place, oldest first.
    holders: Vec<usize>,
    waiting: VecDeque<usize>,
    /// The requests that have a place kept for them, which they have not taken yet.
    kept: Vec<usize>,
}

impl PlaceQueue {
    pub(crate) fn new(most: usize, evicts: bool) -> Self {
        Self {
            most,
            // Where there is no place, there is no stream to evict.
            evicts: evicts && most > 0,
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

    /// Takes a free place, or the place that is kept for the request.
    pub(crate) fn take(&mut self, id: usize) -> bool {
        let was_kept = self.kept.contains(&id);
        if !was_kept && (self.waiting.contains(&id) || self.taken() >= self.most) {
            return false;
        }
        self.kept.retain(|other| *other != id);
        self.holders.push(id);
        true
    }

    /// Joins the queue. Returns `false` if it is full.
    pub(crate) fn wait(&mut self, id: usize) -> bool {
        if self.waiting.contains(&id) {
            return true;
        }
        if self.waiting.len() >= self.most {
            return false;
        }
        self.waiting.push_back(id);
        true
    }

    pub(crate) fn evicts(&self) -> bool {
        self.evicts
    }

    /// Returns the stream that a new one would evict.
    pub(crate) fn to_evict(&self) -> Option<usize> {
        let evicts = self.evicts && self.is_full();
        self.holders.first().copied().filter(|_| evicts)
    }

    /// Releases the place and the turn of a request.
    pub(crate) fn release(&mut self, id: usize) {
        let before = self.taken();
        self.holders.retain(|holder| *holder != id);
        self.kept.retain(|other| *other != id);
        self.waiting.retain(|other| *other != id);
        for _ in self.taken()..before {
            self.kept.extend(self.waiting.pop_front());
        }
    }

    /// Releases a turn and the place kept for it, but no place that was taken.
    pub(crate) fn stop_waiting(&mut self, id: usize) {
        self.waiting.retain(|other| *other != id);
        if let Some(place) = self.kept.iter().position(|other| *other == id) {
            self.kept.remove(place);
            self.kept.extend(self.waiting.pop_front());
        }
    }

    pub(crate) fn is_full(&self) -> bool {
        self.taken() >= self.most
    }

    pub(crate) fn is_unused(&self) -> bool {
        self.taken() == 0 && self.waiting.is_empty()
    }

    fn taken(&self) -> usize {
        self.holders.len() + self.kept.len()
    }
}
