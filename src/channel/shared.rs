use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
        TryLockError,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::sync::{Notify, futures::OwnedNotified};

use super::{
    ChannelOptions, PublishError,
    change::{ChannelChange, OnChange},
    epoch::Epoch,
    log::{Log, LogRead},
    numbered::{Unnumbered, number_all},
    wakers::Wakers,
};

/// A log with its publishers and subscribers.
pub(super) struct ChannelShared {
    pub(super) options: ChannelOptions,
    pub(super) epoch: Epoch,
    log: RwLock<Log>,
    /// Held while publishing, so that numbering and storing events does not hold up subscribers. It
    /// is taken before the log, and never to close the channel: that must not wait for a store.
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
        let first = self.log().next_if_open()?;
        let numbered = number_all(events, self.epoch, first, &self.options.bounds)?;
        let now = self.options.timer.now();
        let mut log = self.log_mut();
        // The channel may have been closed since.
        log.next_if_open()?;
        log.append(numbered, now, &self.options.bounds);
        Ok(log.next_number() - 1)
    }

    /// As [`append`](Self::append), for an event that the closure stores first: it gets the number.
    /// If the channel is closed meanwhile, the close is complete afterwards.
    pub(super) fn append_stored(
        &self,
        event: Unnumbered,
        store: impl FnOnce(u64) -> Result<(), PublishError>,
    ) -> Result<u64, PublishError> {
        let publishing = self.lock_publishing()?;
        let number = self.log_mut().begin_storing()?;
        let stored = catch_unwind(AssertUnwindSafe(|| {
            let numbered = number_all(&[event], self.epoch, number, &self.options.bounds)?;
            store(number)?;
            // Only now, for that may have taken its time.
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
            self.notify_change(ChannelChange::Closed);
            self.wakers.wake_all();
        }
        stored.unwrap_or_else(|panic| resume_unwind(panic))?;
        Ok(number)
    }

    /// Evicts everything, and skips the next number, so that a subscriber that reads on finds that
    /// something is missing, unless the channel is closed. Does not wake the waiting subscribers.
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
        // First, so that a task that is woken finds the topic removed.
        self.notify_change(change);
        self.occupancy.notify_waiters();
        if change == ChannelChange::Closed {
            self.wakers.wake_all();
        }
    }

    /// Returns `true` if the channel is closed, and nothing is being stored any more.
    pub(super) fn is_finished(&self) -> bool {
        self.log().is_finished()
    }

    pub(super) fn read_event(&self, number: u64) -> LogRead {
        self.log().read(number)
    }

    /// Looks at the log, in which nothing is too old.
    pub(super) fn expire_and_read<R>(&self, read: impl FnOnce(&Log) -> R) -> R {
        if self.options.bounds.max_age.is_some() {
            let now = self.options.timer.now();
            // Most often there is nothing, and others may look as well.
            if self.log().has_expired(now, &self.options.bounds) {
                self.log_mut().expire(now, &self.options.bounds);
            }
        }
        read(&self.log())
    }

    pub(super) fn subscriber_count(&self) -> usize {
        self.subscriber_count.load(Ordering::Acquire)
    }

    /// Is woken when the first subscriber comes, and when the last leaves.
    pub(super) fn occupancy_changed(&self) -> OwnedNotified {
        Arc::clone(&self.occupancy).notified_owned()
    }

    pub(super) fn add_subscriber(&self) {
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

    /// Waits for the turn to publish, but not in vain: an event may be being stored.
    fn lock_publishing(&self) -> Result<MutexGuard<'_, ()>, PublishError> {
        match self.publishing.try_lock() {
            Ok(guard) => Ok(guard),
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
