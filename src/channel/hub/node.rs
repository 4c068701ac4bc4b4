//! The store of a hub, and the position to which the hub has followed it.

use std::{fmt, sync::Arc, time::Duration};

use super::{outages::Outages, stop::Stop};
use crate::{
    channel::{
        node::{Committer, Pages, SharedExecutor},
        presence::NodePresence,
    },
    sync::{
        Notify,
        atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering},
    },
    time::SharedTimer,
};

/// The parts of a hub that only one over a store has.
pub(in crate::channel) struct Node {
    pub(in crate::channel) committer: Committer,
    pub(super) pages: Pages,
    pub(super) executor: SharedExecutor,
    /// The time that a subscriber waits for the store.
    pub(super) timeout: Duration,
    /// Everything up to this number has been applied.
    applied: AtomicU64,
    /// The position at which the store has recorded a loss: all events up to it count as lost.
    lost: AtomicU64,
    /// The same, for a position that the hub may not have reached.
    lost_ahead: AtomicU64,
    /// The number of losses that have been counted.
    losses: AtomicU32,
    is_caught_up: AtomicBool,
    /// The number of times that keys were loaded.
    loads: AtomicU64,
    /// Woken after each change that something may wait for.
    changed: Arc<Notify>,
    pub(super) outages: Outages,
    pub(super) presence: Arc<NodePresence>,
    pub(super) stop: Stop,
}

impl Node {
    pub(super) fn new(
        committer: Committer,
        pages: Pages,
        executor: SharedExecutor,
        timeout: Duration,
        outages: Outages,
        presence: NodePresence,
    ) -> Self {
        Self {
            committer,
            pages,
            executor,
            timeout,
            applied: AtomicU64::new(0),
            lost: AtomicU64::new(0),
            lost_ahead: AtomicU64::new(0),
            losses: AtomicU32::new(0),
            is_caught_up: AtomicBool::new(false),
            loads: AtomicU64::new(0),
            changed: Arc::default(),
            outages,
            presence: Arc::new(presence),
            stop: Stop::default(),
        }
    }

    /// Follows the store no longer, and ends what waits for it.
    pub(super) fn stop(&self) {
        self.stop.stop();
        self.changed.notify_waiters();
    }

    /// Returns the position up to which all events count as lost.
    pub(in crate::channel) fn lost(&self) -> u64 {
        self.lost.load(Ordering::Acquire)
    }

    /// Returns how many losses have been counted.
    pub(in crate::channel) fn losses(&self) -> u32 {
        self.losses.load(Ordering::Acquire)
    }

    /// Notes that the store has recorded a loss at this position.
    pub(super) fn note_lost(&self, at: u64) {
        self.lost_ahead.fetch_max(at, Ordering::AcqRel);
    }

    /// Returns the position of a loss that a hub at this position has reached, and has not counted yet.
    pub(super) fn take_lost(&self, position: u64) -> Option<u64> {
        let ahead = self.lost_ahead.load(Ordering::Acquire);
        let is_due = self.lost() < ahead && ahead <= position;
        is_due.then(|| {
            self.lost.store(ahead, Ordering::Release);
            self.losses.fetch_add(1, Ordering::AcqRel);
            ahead
        })
    }

    /// Begins another epoch.
    pub(super) fn restart(&self) {
        self.applied.store(0, Ordering::Release);
        self.lost.store(0, Ordering::Release);
        self.losses.store(0, Ordering::Release);
        self.lost_ahead.store(0, Ordering::Release);
        self.is_caught_up.store(false, Ordering::Release);
    }

    pub(super) fn set_caught_up(&self) {
        self.is_caught_up.store(true, Ordering::Release);
        self.changed.notify_waiters();
    }

    /// Returns `true` if the hub has reached the position that the store had when the epoch began.
    pub(super) fn is_caught_up(&self) -> bool {
        self.is_caught_up.load(Ordering::Acquire)
    }

    /// Wakes what waits for the keys of a channel.
    pub(super) fn notify(&self) {
        self.changed.notify_waiters();
    }

    pub(super) fn set_applied(&self, number: u64) {
        self.applied.store(number, Ordering::Release);
        self.changed.notify_waiters();
    }

    /// Returns `true` if everything up to this number has been applied.
    pub(super) fn has_applied(&self, number: u64) -> bool {
        self.applied.load(Ordering::Acquire) >= number
    }

    /// Returns a number for a load of keys, which no other has.
    pub(super) fn draw_load(&self) -> u64 {
        self.loads.fetch_add(1, Ordering::AcqRel)
    }

    /// Waits until the check succeeds, which runs after each change. Returns `false` if the hub is closed before.
    pub(super) async fn wait(&self, check: impl Fn() -> bool) -> bool {
        loop {
            // Before the check, so that no change between the two is missed.
            let changed = Arc::clone(&self.changed).notified_owned();
            if check() {
                return true;
            }
            if self.stop.is_stopped() {
                return false;
            }
            changed.await;
        }
    }

    /// Waits as [`wait`](Self::wait) does, for as long as a subscriber waits for the store. Returns `true` if
    /// the check has succeeded.
    pub(super) async fn wait_until(&self, timer: &SharedTimer, check: impl Fn() -> bool) -> bool {
        let checked = timer.until(timer.after(self.timeout), self.wait(check));
        checked.await.unwrap_or(false)
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // A hub that was never opened has no handle whose drop stops it.
        self.stop();
    }
}

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Node")
            .field("is_caught_up", &self.is_caught_up())
            .finish_non_exhaustive()
    }
}
