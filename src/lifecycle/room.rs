use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
    task::Waker,
};

use super::control::Control;

/// The places of one key of a limit, and the requests that wait for one.
///
/// While a request waits all places are taken: one that is given back is kept for the first in the
/// queue, so that no later request takes it.
#[derive(Default)]
pub(super) struct Room {
    /// How many places are taken or kept.
    taken: usize,
    /// The number of the next stream or turn.
    next: u64,
    waiting: VecDeque<(u64, Waker)>,
    /// The turns that have a place kept for them.
    kept: Vec<u64>,
    /// The streams, oldest first, where they can be evicted.
    streams: BTreeMap<u64, Evictable>,
    /// How many streams are left whose place was taken away. The room is kept for them: in a new one
    /// their numbers would be those of other streams.
    displaced: usize,
}

struct Evictable {
    control: Arc<Control>,
    /// Whether it is to end for a request that waits or waited.
    ends: bool,
}

impl Room {
    pub(super) fn taken(&self) -> usize {
        self.taken
    }

    /// Takes a free place.
    pub(super) fn take(&mut self, most: usize) -> bool {
        let is_free = self.taken < most;
        self.taken += usize::from(is_free);
        is_free
    }

    /// Takes the place that was kept for a turn, if one was.
    pub(super) fn take_kept(&mut self, turn: u64) -> bool {
        let place = self.kept.iter().position(|&kept| kept == turn);
        place.map(|place| self.kept.swap_remove(place)).is_some()
    }

    pub(super) fn is_kept(&self, turn: u64) -> bool {
        self.kept.contains(&turn)
    }

    /// Begins a turn, which has a place kept for it if one is free. `None` if as many wait as there are
    /// places.
    pub(super) fn wait(&mut self, most: usize, waker: &Waker) -> Option<u64> {
        if self.waiting.len() >= most {
            return None;
        }
        let turn = self.number();
        if self.take(most) {
            self.kept.push(turn);
        } else {
            self.waiting.push_back((turn, waker.clone()));
        }
        Some(turn)
    }

    pub(super) fn set_waker(&mut self, turn: u64, waker: &Waker) {
        if let Some((_, old)) = self.waiting.iter_mut().find(|(other, _)| *other == turn) {
            old.clone_from(waker);
        }
    }

    /// Ends a turn. Returns who gets the place that was kept for it.
    pub(super) fn leave(&mut self, turn: u64) -> Option<Waker> {
        if self.take_kept(turn) {
            return self.release();
        }
        self.waiting.retain(|(other, _)| *other != turn);
        None
    }

    /// Adds a stream that can be evicted, and returns its number.
    pub(super) fn add_stream(&mut self, control: &Arc<Control>) -> u64 {
        let number = self.number();
        let control = Arc::clone(control);
        let ends = false;
        self.streams.insert(number, Evictable { control, ends });
        number
    }

    /// Returns the oldest stream that is not to end yet, unless as many are as requests wait.
    pub(super) fn next_to_evict(&mut self) -> Option<Arc<Control>> {
        // Those that are to end come first.
        let mut first = self.streams.values_mut().take(self.waiting.len());
        let next = first.find(|stream| !stream.ends)?;
        next.ends = true;
        Some(Arc::clone(&next.control))
    }

    /// Takes the oldest stream's place from it.
    pub(super) fn remove_oldest(&mut self) -> Option<Arc<Control>> {
        let (_, oldest) = self.streams.pop_first()?;
        self.displaced += 1;
        Some(oldest.control)
    }

    /// Gives a place back, unless it has been taken away. Returns who gets it.
    pub(super) fn give_back(&mut self, stream: Option<u64>) -> Option<Waker> {
        if stream.is_some_and(|stream| self.streams.remove(&stream).is_none()) {
            self.displaced -= 1;
            return None;
        }
        self.release()
    }

    pub(super) fn is_unused(&self) -> bool {
        self.taken == 0 && self.waiting.is_empty() && self.displaced == 0
    }

    fn release(&mut self) -> Option<Waker> {
        match self.waiting.pop_front() {
            Some((turn, waker)) => {
                self.kept.push(turn);
                Some(waker)
            }
            None => {
                self.taken -= 1;
                None
            }
        }
    }

    fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }
}
