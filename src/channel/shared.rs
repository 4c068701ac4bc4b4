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
    epoch::Epoch,
    log::{Log, Read},
    numbered::{Unnumbered, number_all},
    wakers::Wakers,
    watch::{Change, Watch},
};

/// A log with its publishers and subscribers.
pub(super) struct Shared {
    pub(super) options: ChannelOptions,
    pub(super) epoch: Epoch,
    log: RwLock<Log>,
    /// Held while publishing, so that numbering and storing events does not hold up subscribers. It
    /// is taken before the log, and never to close the channel: that must not wait for a store.
    turn: Mutex<()>,
    /// Woken by each publication, and by the close.
    pub(super) published: Wakers,
    subscribers: AtomicUsize,
    /// Woken when the first subscriber comes, when the last has left, and by the close.
    occupied: Arc<Notify>,
    /// Called when nothing is locked.
    watch: Option<Watch>,
}

impl Shared {
    pub(super) fn new(options: ChannelOptions, watch: Option<Watch>) -> Self {
        // The number of a last id is from outside: it must leave room for more.
        let after = options.after.filter(|(_, last)| *last < u64::MAX / 2);
        let (epoch, last) = after.unwrap_or_else(|| (Epoch::draw(), 0));
        Self {
            options,
            epoch,
            log: RwLock::new(Log::new(last + 1)),
            turn: Mutex::new(()),
            published: Wakers::default(),
            subscribers: AtomicUsize::new(0),
            occupied: Arc::default(),
            watch,
        }
    }

    /// Numbers events and appends them. Returns the number of the last. Does not wake the waiting
    /// subscribers.
    pub(super) fn append(&self, events: &[Unnumbered]) -> Result<u64, PublishError> {
        let _turn = self.turn()?;
        let first = self.log().next_if_open()?;
        let numbered = number_all(events, self.epoch, first, &self.options.bounds)?;
        let now = self.options.timer.now();
        let mut log = self.log_mut();
        // The channel may have been closed since.
        log.next_if_open()?;
        log.append(numbered, now, &self.options.bounds);
        Ok(log.next() - 1)
    }

    /// As [`append`](Self::append), for an event that the closure stores first: it gets the number.
    /// If the channel is closed meanwhile, the close is complete afterwards.
    pub(super) fn append_stored(
        &self,
        event: Unnumbered,
        store: impl FnOnce(u64) -> Result<(), PublishError>,
    ) -> Result<u64, PublishError> {
        let turn = self.turn()?;
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
        drop(turn);
        if is_closed {
            self.changed(Change::Closed);
            self.published.wake();
        }
        stored.unwrap_or_else(|panic| resume_unwind(panic))?;
        Ok(number)
    }

    /// Evicts everything, and skips the next number, so that a subscriber that reads on finds that
    /// something is missing, unless the channel is closed. Does not wake the waiting subscribers.
    pub(super) fn skip(&self) {
        let Ok(_turn) = self.turn() else { return };
        let mut log = self.log_mut();
        if !log.is_closed() {
            log.skip();
        }
    }

    /// Closes the channel for publishers, and for subscribers as well unless an event is being
    /// stored: they read it first.
    pub(super) fn close(&self) {
        let change = self.log_mut().close();
        let Some(change) = change else { return };
        // First, so that a task that is woken finds the topic removed.
        self.changed(change);
        self.occupied.notify_waiters();
        if change == Change::Closed {
            self.published.wake();
        }
    }

    /// Returns `true` if the channel is closed, and nothing is being stored any more.
    pub(super) fn is_over(&self) -> bool {
        self.log().is_over()
    }

    pub(super) fn read(&self, number: u64) -> Read {
        self.log().read(number)
    }

    /// Looks at the log, in which nothing is too old.
    pub(super) fn look<R>(&self, look: impl FnOnce(&Log) -> R) -> R {
        if self.options.bounds.age.is_some() {
            let now = self.options.timer.now();
            // Most often there is nothing, and others may look as well.
            if self.log().has_old(now, &self.options.bounds) {
                self.log_mut().expire(now, &self.options.bounds);
            }
        }
        look(&self.log())
    }

    pub(super) fn subscriber_count(&self) -> usize {
        self.subscribers.load(Ordering::Acquire)
    }

    /// Is woken when the first subscriber comes, and when the last leaves.
    pub(super) fn subscriber_joined(&self) -> OwnedNotified {
        Arc::clone(&self.occupied).notified_owned()
    }

    pub(super) fn enter(&self) {
        if self.subscribers.fetch_add(1, Ordering::AcqRel) == 0 {
            self.occupied.notify_waiters();
            self.changed(Change::Occupied);
        }
    }

    pub(super) fn leave(&self) {
        if self.subscribers.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.occupied.notify_waiters();
            self.changed(Change::Vacant);
        }
    }

    fn changed(&self, change: Change) {
        if let Some(watch) = &self.watch {
            watch(change);
        }
    }

    /// Waits for the turn to publish, but not in vain: an event may be being stored.
    fn turn(&self) -> Result<MutexGuard<'_, ()>, PublishError> {
        match self.turn.try_lock() {
            Ok(turn) => Ok(turn),
            Err(TryLockError::Poisoned(poisoned)) => Ok(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => {
                self.log().next_if_open()?;
                Ok(self.turn.lock().unwrap_or_else(PoisonError::into_inner))
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

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared")
            .field("epoch", &self.epoch)
            .field("subscribers", &self.subscriber_count())
            .finish_non_exhaustive()
    }
}
