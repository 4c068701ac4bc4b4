//! The part of a channel that its handles and its subscriptions share.
//!
//! # Order of locks
//!
//! 1. `publishing` orders publishers. A publisher may hold it for long: `publish_with` waits for a
//!    store. So only publishers take it (and `StateChannel::update`), neither a reader of
//!    the log nor the close of the channel.
//! 2. `log` is locked after it, and only for moments: it is not held while events are encoded, numbered
//!    or stored, or while a user's closure runs.
//!
//! Tasks are woken, and `on_change` is called, when neither is locked: a waker may run code of the
//! user's at once, which may use the channel.

use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    sync::Arc,
};

use super::{
    ChannelOptions, PublishError,
    change::{ChannelChange, OnChange},
    epoch::Epoch,
    log::{Log, LogRead},
    numbered::{Unnumbered, number_all},
    wakers::Wakers,
};
use crate::sync::{
    Mutex, MutexGuard, Notify, OwnedNotified, PoisonError, RwLock, RwLockReadGuard,
    RwLockWriteGuard, TryLockError,
    atomic::{AtomicUsize, Ordering},
};

/// A log with its publishers and subscribers.
///
/// The log is behind a `RwLock` because each publication makes all subscribers read it at once.
pub(super) struct ChannelShared {
    pub(super) options: ChannelOptions,
    pub(super) epoch: Epoch,
    log: RwLock<Log>,
    /// Held while publishing, so that numbers are assigned in the order of publication although the log
    /// is not locked for so long.
    publishing: Mutex<()>,
    /// Woken by each publication, and by the close.
    pub(super) wakers: Wakers,
    subscriber_count: AtomicUsize,
    /// Woken when the first subscriber comes, when the last has left, and by the close.
    occupancy: Arc<Notify>,
    /// Called when nothing is locked.
    on_change: Option<OnChange>,
}

impl ChannelShared {
    pub(super) fn new(options: ChannelOptions, on_change: Option<OnChange>) -> Self {
        // The number of a last id is from outside: it must leave room for more.
        let after = options.after.filter(|(_, last)| *last < u64::MAX / 2);
        let (epoch, last) = after.unwrap_or_else(|| (Epoch::draw(), 0));
        Self {
            options,
            epoch,
            log: RwLock::new(Log::new(last + 1)),
            publishing: Mutex::new(()),
            wakers: Wakers::default(),
            subscriber_count: AtomicUsize::new(0),
            occupancy: Arc::default(),
            on_change,
        }
    }

    /// Numbers events and appends them. Returns the number of the last. Does not wake the waiting
    /// subscribers.
    pub(super) fn append(&self, events: &[Unnumbered]) -> Result<u64, PublishError> {
        let _publishing = self.lock_publishing()?;
        // A shared lock, released at once: subscribers read on while the events are numbered.
        let first = self.log().next_if_open()?;
        let numbered = number_all(events, self.epoch, first, &self.options.bounds)?;
        let now = self.options.timer.now();
        let mut log = self.log_mut();
        // The channel may have been closed since: `close` does not wait for publishers.
        log.next_if_open()?;
        log.append(numbered, now, &self.options.bounds);
        Ok(log.next_number() - 1)
    }

    /// As [`append`](Self::append), for an event that the closure stores first: it gets the number.
    /// If the channel is closed meanwhile, this completes the close.
    pub(super) fn append_stored(
        &self,
        event: Unnumbered,
        store: impl FnOnce(u64) -> Result<(), PublishError>,
    ) -> Result<u64, PublishError> {
        let publishing = self.lock_publishing()?;
        let number = self.log_mut().begin_storing()?;
        // A panic of the closure must not leave the log as storing, or its subscribers never end.
        let stored = catch_unwind(AssertUnwindSafe(|| {
            let numbered = number_all(&[event], self.epoch, number, &self.options.bounds)?;
            store(number)?;
            // The time after the closure, which may have waited for a store.
            Ok::<_, PublishError>((numbered, self.options.timer.now()))
        }));
        let mut log = self.log_mut();
        let stored = stored.map(|stored| {
            stored.map(|(events, now)| log.append(events, now, &self.options.bounds))
        });
        let is_closed = log.end_storing();
        drop(log);
        drop(publishing);
        if is_closed {
            // `close` has left this to us: subscribers had to wait for the event.
            self.notify_change(ChannelChange::Closed);
            self.wakers.wake_all();
        }
        stored.unwrap_or_else(|panic| resume_unwind(panic))?;
        Ok(number)
    }

    /// Evicts all events, and skips the next number, so that every subscriber has missed an event. Does
    /// nothing if the channel is closed. Does not wake the waiting subscribers.
    pub(super) fn clear_and_skip(&self) {
        let Ok(_publishing) = self.lock_publishing() else {
            return;
        };
        let mut log = self.log_mut();
        if !log.is_closed() {
            log.clear_and_skip();
        }
    }

    /// Closes the channel for publishers, and for subscribers as well unless an event is being
    /// stored: they read it first.
    pub(super) fn close(&self) {
        let change = self.log_mut().close();
        let Some(change) = change else { return };
        // Before tasks are woken, so that they find the topic removed.
        self.notify_change(change);
        self.occupancy.notify_waiters();
        if change == ChannelChange::Closed {
            self.wakers.wake_all();
        }
    }

    /// Returns `true` if the channel is closed, and no event is being stored any more.
    pub(super) fn is_finished(&self) -> bool {
        self.log().is_finished()
    }

    pub(super) fn read_event(&self, number: u64) -> LogRead {
        self.log().read(number)
    }

    /// Evicts the events that are too old, and reads the log.
    pub(super) fn expire_and_read<R>(&self, read: impl FnOnce(&Log) -> R) -> R {
        if self.options.bounds.max_age.is_some() {
            let now = self.options.timer.now();
            // Most often there is none, and a shared lock does not hold up other readers.
            if self.log().has_expired(now, &self.options.bounds) {
                self.log_mut().expire(now, &self.options.bounds);
            }
        }
        read(&self.log())
    }

    pub(super) fn subscriber_count(&self) -> usize {
        self.subscriber_count.load(Ordering::Acquire)
    }

    /// Returns a future that is woken when the first subscriber arrives, when the last one leaves, and by
    /// the close. It also sees what happens after this call and before its first poll.
    pub(super) fn occupancy_changed(&self) -> OwnedNotified {
        Arc::clone(&self.occupancy).notified_owned()
    }

    pub(super) fn add_subscriber(&self) {
        // Only the first one changes anything for topics: the others pay for a counter alone.
        if self.subscriber_count.fetch_add(1, Ordering::AcqRel) == 0 {
            self.occupancy.notify_waiters();
            self.notify_change(ChannelChange::Subscribed);
        }
    }

    pub(super) fn remove_subscriber(&self) {
        if self.subscriber_count.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.occupancy.notify_waiters();
            self.notify_change(ChannelChange::Idle);
        }
    }

    fn notify_change(&self, change: ChannelChange) {
        if let Some(on_change) = &self.on_change {
            on_change(change);
        }
    }

    /// Locks out other publishers. Fails at once, without a wait for a store, if the channel is closed.
    fn lock_publishing(&self) -> Result<MutexGuard<'_, ()>, PublishError> {
        match self.publishing.try_lock() {
            Ok(guard) => Ok(guard),
            // The lock has no data that a publisher which panicked could have left half changed.
            Err(TryLockError::Poisoned(poisoned)) => Ok(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => {
                self.log().next_if_open()?;
                Ok(self
                    .publishing
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner))
            }
        }
    }

    fn log(&self) -> RwLockReadGuard<'_, Log> {
        self.log.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn log_mut(&self) -> RwLockWriteGuard<'_, Log> {
        self.log.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for ChannelShared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChannelShared")
            .field("epoch", &self.epoch)
            .field("subscribers", &self.subscriber_count())
            .finish_non_exhaustive()
    }
}
