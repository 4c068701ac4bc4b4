//! The queue of what is published.

use std::{collections::VecDeque, mem, time::Instant};

use super::{batch::OpenBatch, options::CommitOptions, waiter::Waiting};

/// The publishes that are in no batch yet, in order.
#[derive(Debug, Default)]
pub(super) struct Queue {
    waiting: VecDeque<(u64, Waiting)>,
    next_ticket: u64,
    /// Whether a task runs, so that none has to be started.
    is_running: bool,
    counter: u64,
}

impl Queue {
    /// Adds a publish. Returns its ticket, and `true` if a task must be started.
    pub(super) fn push(&mut self, waiting: Waiting) -> (u64, bool) {
        let ticket = self.next_ticket;
        self.next_ticket += 1;
        self.waiting.push_back((ticket, waiting));
        let was_running = mem::replace(&mut self.is_running, true);
        (ticket, !was_running)
    }

    /// Removes a publish. Returns `true` if it was in no batch yet.
    pub(super) fn remove(&mut self, ticket: u64) -> bool {
        let found = self.waiting.binary_search_by_key(&ticket, |(at, _)| *at);
        found.is_ok_and(|index| self.waiting.remove(index).is_some())
    }

    /// Takes the next batch. If there is none, the task ends.
    pub(super) fn take(&mut self, now: Instant, options: &CommitOptions) -> Option<OpenBatch> {
        let mut batch = OpenBatch::default();
        let mut bytes = 0;
        while let Some((_, next)) = self.waiting.front() {
            bytes += next.bytes();
            let len = batch.len() + next.entries.len();
            let is_full = bytes > options.batch_bytes || len > options.batch_entries;
            if is_full && batch.len() > 0 {
                break;
            }
            if let Some((_, waiting)) = self.waiting.pop_front() {
                batch.push(waiting, now);
            }
        }
        self.is_running = batch.len() > 0;
        self.is_running.then_some(batch)
    }

    /// Returns the counter of the next batch.
    pub(super) fn next_counter(&mut self) -> u64 {
        self.counter += 1;
        self.counter
    }

    /// Notes that the task was dropped, so that the next publish starts another. Returns the publishes that are
    /// left, which no task would append.
    pub(super) fn stop(&mut self) -> impl Iterator<Item = Waiting> + use<> {
        self.is_running = false;
        let waiting = mem::take(&mut self.waiting);
        waiting.into_iter().map(|(_, waiting)| waiting)
    }
}
