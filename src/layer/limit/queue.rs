use std::{
    collections::{BTreeMap, VecDeque},
    mem,
    sync::Arc,
    task::Waker,
};

use super::control::Control;

/// The places of one key of a limit, and the queue of requests that wait for one.
///
/// While a request waits, all places are taken: a place that is given back is kept for the first
/// request in the queue, so that no later request takes it. Where streams can be evicted, no request
/// waits.
#[derive(Default)]
pub(super) struct PlaceQueue {
    /// How many places are taken or kept.
    taken: usize,
    /// The number of the last stream or turn.
    last: u64,
    waiting: VecDeque<(u64, Waker)>,
    /// The turns that have a place kept for them.
    kept: Vec<u64>,
    /// The streams, oldest first, where they can be evicted.
    streams: BTreeMap<u64, Arc<Control>>,
}

impl PlaceQueue {
    pub(super) fn taken(&self) -> usize {
        self.taken
    }

    /// Takes a free place.
    pub(super) fn take(&mut self, max: usize) -> bool {
        let is_free = self.taken < max;
        self.taken += usize::from(is_free);
        is_free
    }

    /// Takes the place that was kept for a turn, if one was.
    pub(super) fn take_kept(&mut self, turn: u64) -> bool {
        let index = self.kept.iter().position(|&kept| kept == turn);
        index.map(|index| self.kept.swap_remove(index)).is_some()
    }

    pub(super) fn is_kept(&self, turn: u64) -> bool {
        self.kept.contains(&turn)
    }

    /// Begins a turn, which has a place kept for it if one is free. `None` if as many wait as there are
    /// places.
    pub(super) fn wait(&mut self, max: usize, waker: &mut Option<Waker>) -> Option<u64> {
        if self.waiting.len() >= max {
            return None;
        }
        let turn = self.next_number();
        if self.take(max) {
            self.kept.push(turn);
        } else {
            let waker = waker.take()?;
            self.waiting.push_back((turn, waker));
        }
        Some(turn)
    }

    /// Sets the waker of a turn, for which it gives the former one back.
    pub(super) fn swap_waker(&mut self, turn: u64, waker: &mut Option<Waker>) {
        let waiting = self.waiting.iter_mut().find(|(other, _)| *other == turn);
        if let (Some((_, old)), Some(waker)) = (waiting, waker) {
            mem::swap(old, waker);
        }
    }

    /// Ends the turn of a request that waits, and returns its waker.
    pub(super) fn leave(&mut self, turn: u64) -> Option<Waker> {
        let index = self.waiting.iter().position(|(other, _)| *other == turn)?;
        let (_, waker) = self.waiting.remove(index)?;
        Some(waker)
    }

    /// Ends the turn of a request that has a place kept for it. Returns the waker of the request that gets
    /// the place.
    pub(super) fn give_back_kept(&mut self, turn: u64) -> Option<Waker> {
        self.take_kept(turn).then(|| self.release())?
    }

    /// Adds a stream that can be evicted, and returns its number.
    pub(super) fn add_stream(&mut self, control: &Arc<Control>) -> u64 {
        let number = self.next_number();
        self.streams.insert(number, Arc::clone(control));
        number
    }

    /// Returns the oldest stream that can be evicted. A stream whose request another limit may still
    /// reject does not hold its places yet, and is left out.
    pub(super) fn oldest(&self) -> Option<Arc<Control>> {
        let mut streams = self.streams.values();
        streams.find(|control| control.holds()).cloned()
    }

    /// Gives a place back. Returns the waker of the request that gets it.
    pub(super) fn give_back(&mut self, stream: Option<u64>) -> Option<Waker> {
        if let Some(stream) = stream {
            self.streams.remove(&stream);
        }
        self.release()
    }

    pub(super) fn is_unused(&self) -> bool {
        self.taken == 0 && self.waiting.is_empty()
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

    fn next_number(&mut self) -> u64 {
        self.last += 1;
        self.last
    }
}
