use std::{
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
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
};

/// A log with its publishers and subscribers.
pub(super) struct Shared {
    pub(super) options: ChannelOptions,
    pub(super) epoch: Epoch,
    log: RwLock<Log>,
    /// Held while publishing, so that numbering events does not hold up subscribers.
    turn: Mutex<()>,
    /// Woken by each publication, and by the close.
    pub(super) published: Wakers,
    subscribers: AtomicUsize,
    /// Woken when the first subscriber comes, and when the last has left.
    occupied: Arc<Notify>,
    /// Called when the last subscriber has left.
    on_vacant: Option<Box<dyn Fn() + Send + Sync>>,
}

impl Shared {
    pub(super) fn new(
        options: ChannelOptions,
        on_vacant: Option<Box<dyn Fn() + Send + Sync>>,
    ) -> Self {
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
            on_vacant,
        }
    }

    /// Numbers events and appends them, unless the closure, which gets the number of the last,
    /// objects. Returns that number. Does not wake the waiting subscribers.
    pub(super) fn append(
        &self,
        events: &[Unnumbered],
        before: impl FnOnce(u64) -> Result<(), PublishError>,
    ) -> Result<u64, PublishError> {
        let _turn = self.turn();
        let (first, closed) = {
            let log = self.log();
            (log.next(), log.is_closed())
        };
        if closed {
            return Err(PublishError::Closed);
        }
        let numbered = number_all(events, self.epoch, first, &self.options.bounds)?;
        before(first + events.len() as u64 - 1)?;
        // Only now, for that may have taken its time.
        let now = self.options.timer.now();
        let mut log = self.log_mut();
        log.expire(now, &self.options.bounds);
        for event in numbered {
            log.push(event, now, &self.options.bounds);
        }
        Ok(log.next() - 1)
    }

    /// Evicts everything, and skips the next number, so that a subscriber that reads on finds that
    /// something is missing, unless the channel is closed. Does not wake the waiting subscribers.
    pub(super) fn skip(&self) {
        let _turn = self.turn();
        let mut log = self.log_mut();
        if !log.is_closed() {
            log.skip();
        }
    }

    pub(super) fn close(&self) {
        // Not while somebody publishes: what has been stored is to be sent, too.
        let turn = self.turn();
        self.log_mut().close();
        drop(turn);
        self.occupied.notify_waiters();
        self.published.wake();
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

    pub(super) fn subscribers(&self) -> usize {
        self.subscribers.load(Ordering::Acquire)
    }

    /// Is woken when the first subscriber comes, and when the last leaves.
    pub(super) fn occupied(&self) -> OwnedNotified {
        Arc::clone(&self.occupied).notified_owned()
    }

    pub(super) fn enter(&self) {
        if self.subscribers.fetch_add(1, Ordering::AcqRel) == 0 {
            self.occupied.notify_waiters();
        }
    }

    pub(super) fn leave(&self) {
        if self.subscribers.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.occupied.notify_waiters();
            self.on_vacant.iter().for_each(|told| told());
        }
    }

    fn turn(&self) -> MutexGuard<'_, ()> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
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
            .field("subscribers", &self.subscribers())
            .finish_non_exhaustive()
    }
}
