//! The part of a channel that its handles and its subscriptions share.

use std::{fmt, sync::Arc, time::Instant};

use super::{
    ChannelOptions, Gap, gap::Lost, log::Log, presence::FeedState, subscribers::ChannelSubscribers,
};
use crate::{
    EventId,
    store::Epoch,
    sync::{
        Notify, OwnedNotified, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
        atomic::{AtomicU64, Ordering},
    },
};

/// A log with its subscribers.
///
/// The log is behind a `RwLock` because each publication makes all subscribers read it at once. It is
/// changed under the lock of the hub alone (`hub::shared`), and that of a [`Feed`](super::presence::Feed) under
/// the lock of its roster alone.
pub(super) struct ChannelShared {
    pub(super) name: Arc<str>,
    /// Whether the hub has other channels, and a registry of them. A channel alone has neither.
    pub(super) is_registered: bool,
    pub(super) options: ChannelOptions,
    log: RwLock<Log>,
    /// See [`Tip`].
    tip: AtomicU64,
    pub(super) subscribers: ChannelSubscribers,
    /// Woken when the first subscriber comes, when the last has left, and by the close.
    occupancy: Arc<Notify>,
    presence: PresenceRole,
}

/// The part of a channel in a presence.
enum PresenceRole {
    None,
    /// The names of its subscribers are in this feed.
    Tracked(Arc<ChannelShared>),
    /// It is the feed of these names.
    Feed(Box<FeedState>),
}

/// The end of a log: the number of its last event, and whether another may follow.
///
/// While it is the same, a subscriber that has read everything has nothing to read, and does not lock
/// the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tip(u64);

impl Tip {
    pub(super) fn of(log: &Log) -> Self {
        Self(log.last() << 1 | u64::from(log.is_closed()))
    }

    /// Returns the number of the last event.
    pub(super) fn last(self) -> u64 {
        self.0 >> 1
    }

    /// Returns `true` if no event will follow.
    pub(super) fn is_closed(self) -> bool {
        self.0 & 1 == 1
    }
}

impl ChannelShared {
    pub(super) fn new(name: Arc<str>, options: ChannelOptions, now: Instant) -> Self {
        let log = match &options.keyed {
            Some(keyed) => Log::keyed(keyed.max_keys),
            None => Log::window(now),
        };
        Self {
            is_registered: !name.is_empty(),
            name,
            options,
            tip: AtomicU64::new(Tip::of(&log).0),
            log: RwLock::new(log),
            subscribers: ChannelSubscribers::default(),
            occupancy: Arc::default(),
            presence: PresenceRole::None,
        }
    }

    /// Tracks the names of the subscribers in a feed.
    pub(super) fn with_feed(mut self, feed: Self) -> Self {
        self.presence = PresenceRole::Tracked(Arc::new(feed));
        self
    }

    /// Makes this a feed.
    pub(super) fn with_feed_state(mut self, state: FeedState) -> Self {
        self.presence = PresenceRole::Feed(Box::new(state));
        self
    }

    /// Returns the feed that has the names of the subscribers.
    pub(super) fn feed(&self) -> Option<&Arc<Self>> {
        match &self.presence {
            PresenceRole::Tracked(feed) => Some(feed),
            PresenceRole::None | PresenceRole::Feed(_) => None,
        }
    }

    /// Returns the names of which this is the feed.
    pub(super) fn feed_state(&self) -> Option<&FeedState> {
        match &self.presence {
            PresenceRole::Feed(state) => Some(state),
            PresenceRole::None | PresenceRole::Tracked(_) => None,
        }
    }

    pub(super) fn tip(&self) -> Tip {
        Tip(self.tip.load(Ordering::Acquire))
    }

    pub(super) fn log(&self) -> RwLockReadGuard<'_, Log> {
        self.log.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads the log together with its tip.
    pub(super) fn read<R>(&self, read: impl FnOnce(&Log, Tip) -> R) -> R {
        let log = self.log();
        read(&log, Tip::of(&log))
    }

    /// Returns what a subscriber that begins now may have lost. Without a history that is all that was
    /// published.
    pub(super) fn lost(&self) -> Lost {
        self.lost_through(0)
    }

    /// Returns the same for a subscriber that gets nothing up to this number.
    fn lost_through(&self, number: u64) -> Lost {
        let log = self.log();
        let lost = match self.options.has_history {
            true => log.evicted(),
            false => log.last().max(log.evicted()),
        };
        let number = number.max(lost);
        let window = log.as_window();
        let next_index = window.map_or(0, |window| window.index_after(number));
        Lost {
            number,
            oldest: window.and_then(|window| window.number_at(next_index)),
            next_index,
        }
    }

    /// Returns the gap of a client whose last event id precedes what is lost, or is unknown.
    ///
    /// The number up to which events are published must have been read before, so that an event that is
    /// published meanwhile is not before the end of the gap.
    pub(super) fn gap(
        &self,
        last_event_id: EventId,
        is_known: bool,
        position: (Epoch, u64),
    ) -> Gap {
        let channel = Arc::clone(&self.name);
        Gap::new(last_event_id, is_known, channel, position, self.lost())
    }

    /// Returns the gap of a client whose last event id is unknown, and which goes on after a number.
    pub(super) fn gap_through(
        &self,
        number: u64,
        last_event_id: EventId,
        position: (Epoch, u64),
    ) -> Gap {
        let (channel, lost) = (Arc::clone(&self.name), self.lost_through(number));
        Gap::new(last_event_id, false, channel, position, lost)
    }

    /// Changes the log. To be called under the lock of the hub, or of the roster of a feed.
    pub(super) fn change<R>(&self, change: impl FnOnce(&mut Log) -> R) -> R {
        let mut log = self.log_mut();
        let changed = change(&mut log);
        self.tip.store(Tip::of(&log).0, Ordering::Release);
        changed
    }

    /// Returns a future that is woken when the first subscriber arrives, when the last one leaves, and by
    /// the close. It also sees what happens after this call and before its first poll.
    pub(super) fn occupancy_changed(&self) -> OwnedNotified {
        Arc::clone(&self.occupancy).notified_owned()
    }

    pub(super) fn notify_occupancy(&self) {
        self.occupancy.notify_waiters();
    }

    fn log_mut(&self) -> RwLockWriteGuard<'_, Log> {
        self.log.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for ChannelShared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChannelShared")
            .field("name", &self.name)
            .field("subscribers", &self.subscribers.count())
            .finish_non_exhaustive()
    }
}
