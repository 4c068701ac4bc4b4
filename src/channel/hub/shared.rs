//! The part of a hub that its handles, its channels and its subscriptions share.
//!
//! # Order of locks
//!
//! 1. `publishing` orders publishers. A publisher may hold it for long: `publish_with` waits for a
//!    store. So only publishers take it (and `StateChannel::update`), neither a reader nor the close of
//!    a channel.
//! 2. `state` is the lock of the hub. It is locked after it and only for moments: numbers are assigned
//!    and logs are changed under it, but events are encoded and user's closures run without it.
//! 3. The roster of a feed ([`Feed`]) is locked after it or without it, for moments.
//! 4. The log of a channel is locked after the lock of the hub for a change, that of a feed after its
//!    roster. For reading it is locked alone.
//! 5. The list of a channel's subscribers is locked last.
//!
//! Tasks are woken, and what may run code of the user's is dropped, when nothing is locked.
//!
//! # The watermark
//!
//! An event that is published to several channels, and events of several channels, are appended one log
//! after the other. A subscription reads these logs without the lock of the hub. So it yields only
//! events up to `published`, a number that is stored when all logs have their events: it reads that
//! number first and the logs afterwards, so it finds everything up to the number. A feed has numbers of its
//! own, and everything in its log is published.

use std::{
    iter,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    slice,
    sync::Arc,
    time::Instant,
};

use super::{HubOptions, named::NamedSubscriptions, registry::Registry};
use crate::{
    ChannelStart, EventId, NoticePolicy,
    channel::{
        ChannelError, ChannelOptions, PublishError,
        epoch::Epoch,
        feed::{self, Feed},
        invalid_name::check_name,
        key_policy::KeyAction,
        keyed_log::KeyedEvent,
        numbered::{Draft, Unnumbered, check_size},
        shared::ChannelShared,
        subscribers::SubscriberWaker,
        subscription::Change,
    },
    sync::{
        Mutex, MutexGuard, PoisonError, TryLockError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::SharedTimer,
};

/// The channels of a hub, and the sequence of numbers that they share.
#[derive(Debug)]
pub(in crate::channel) struct HubShared {
    pub(in crate::channel) epoch: Epoch,
    pub(in crate::channel) timer: SharedTimer,
    pub(super) options: HubOptions,
    pub(super) named: NamedSubscriptions,
    publishing: Mutex<()>,
    state: Mutex<Registry>,
    /// The number of the last event that every subscriber can read. Stored under the lock of the hub.
    published: AtomicU64,
    is_closed: AtomicBool,
}

impl HubShared {
    pub(super) fn new(options: HubOptions) -> Self {
        // The number of a last id is from outside: it must leave room for more.
        let after = options.channels.after;
        let after = after.filter(|(_, last)| *last < u64::MAX / 4);
        let (epoch, last) = after.unwrap_or_else(|| (Epoch::draw(), 0));
        Self {
            epoch,
            timer: options.channels.timer.clone(),
            named: NamedSubscriptions::default(),
            publishing: Mutex::new(()),
            state: Mutex::new(Registry::new(options.max_channels)),
            published: AtomicU64::new(last),
            is_closed: AtomicBool::new(false),
            options,
        }
    }

    /// Makes a hub of a single channel, which is not in the registry.
    pub(in crate::channel) fn with_channel(options: ChannelOptions) -> (Self, ChannelShared) {
        let hub = Self::new(HubOptions::of_one(options.clone()));
        let (last, now) = (hub.published(), hub.timer.now());
        let channel = ChannelShared::new(Arc::from(""), options, last, now);
        (hub, channel)
    }

    /// Returns the number of the last event that every subscriber can read.
    pub(in crate::channel) fn published(&self) -> u64 {
        self.published.load(Ordering::Acquire)
    }

    /// Returns the epoch of the ids, and the number up to which events are published.
    pub(in crate::channel) fn position(&self) -> (Epoch, u64) {
        (self.epoch, self.published())
    }

    /// Returns the policy for notices of a subscription without channels.
    pub(in crate::channel) fn notice_policy(&self) -> NoticePolicy {
        self.options.channels.notice_policy
    }

    /// Returns the number that an id of this hub stands for. `None` for an id that the hub has not made.
    pub(in crate::channel) fn number(&self, id: &EventId) -> Option<u64> {
        self.check_id(Epoch::parse(id.as_str()))
    }

    /// As [`number`](Self::number), for an id of a keyed channel.
    pub(in crate::channel) fn keyed_number(&self, id: &EventId) -> Option<u64> {
        self.check_id(Epoch::parse_keyed(id.as_str()))
    }

    fn check_id(&self, id: Option<(Epoch, u64)>) -> Option<u64> {
        let (epoch, number) = id?;
        // A number that is yet to be assigned was made up by the client.
        (epoch == self.epoch && number <= self.published()).then_some(number)
    }

    /// Returns what a subscription means by this name: a channel, or the feed of a channel's presence. Makes
    /// it if there is none.
    pub(super) fn source(&self, name: &str) -> Result<Arc<ChannelShared>, ChannelError> {
        let Some(tracked) = feed::tracked_by(name) else {
            return self.channel(name);
        };
        let channel = match self.channel(tracked) {
            Err(ChannelError::Reserved) => return Err(ChannelError::NoPresence),
            channel => channel?,
        };
        channel.feed().cloned().ok_or(ChannelError::NoPresence)
    }

    /// Returns the channel with this name, and makes it if there is none.
    pub(super) fn channel(&self, name: &str) -> Result<Arc<ChannelShared>, ChannelError> {
        if let Some(channel) = self.find(name) {
            return Ok(channel);
        }
        check_channel_name(name)?;
        let name: Arc<str> = Arc::from(name);
        // Without the lock: the closure that makes the options is the user's, and so are the policies,
        // which are dropped if the channel is not needed.
        let options = self.options.options_of(&name);
        let now = self.timer.now();
        let made = ChannelShared::new(name, options, 0, now);
        let made = Arc::new(feed::track(made, &self.timer));
        self.with(|registry| {
            if let Some(channel) = registry.get(&made.name, now, self.options.linger) {
                return Ok(channel);
            }
            let max = self.options.max_channels;
            if registry.len() >= max && !registry.make_room(now) {
                return Err(ChannelError::TooMany { max });
            }
            registry.insert(&made, self.published(), now);
            Ok(Arc::clone(&made))
        })
    }

    /// Returns the channel with this name, if there is one.
    pub(super) fn find(&self, name: &str) -> Option<Arc<ChannelShared>> {
        let now = self.timer.now();
        self.with(|registry| {
            registry.sweep(now, self.options.linger);
            registry.get(name, now, self.options.linger)
        })
    }

    /// Removes some channels whose time has passed, and reads the registry.
    pub(super) fn read<R>(&self, read: impl FnOnce(&Registry) -> R) -> R {
        let now = self.timer.now();
        self.with(|registry| {
            registry.sweep(now, self.options.linger);
            read(registry)
        })
    }

    /// Numbers drafts, and appends them to each of these channels. Returns the number of the last. Does
    /// not wake the waiting subscribers.
    pub(in crate::channel) fn append(
        &self,
        channels: &[&Arc<ChannelShared>],
        events: &[Unnumbered],
    ) -> Result<u64, PublishError> {
        check_open(channels)?;
        let drafts = self.draft(channels, events)?;
        let _publishing = self.lock_publishing(channels)?;
        let now = self.timer.now();
        self.with(|registry| {
            check_open(channels)?;
            Ok(self.push(registry, channels, drafts, now))
        })
    }

    /// Writes the events with the numbers that they will probably get, if the channels can retain them.
    fn draft(
        &self,
        channels: &[&Arc<ChannelShared>],
        events: &[Unnumbered],
    ) -> Result<Drafts, PublishError> {
        let has_ids = |with: bool| channels.iter().any(|one| one.options.has_ids == with);
        let numbers = self.published() + 1..;
        let drafts = Drafts {
            with_ids: match has_ids(true) {
                true => {
                    let numbered = events.iter().zip(numbers);
                    let draft = |(event, number): (&Unnumbered, _)| event.draft(self.epoch, number);
                    numbered.map(draft).collect()
                }
                false => Vec::new(),
            },
            without_ids: match has_ids(false) {
                true => events.iter().map(Unnumbered::draft_without_id).collect(),
                false => Vec::new(),
            },
        };
        let mut len = 0usize;
        for channel in channels {
            len += check_size(drafts.of(channel), channel.options.bounds.max_bytes)?;
        }
        let max = self.options.max_bytes;
        match len > max {
            true => Err(PublishError::TooLarge { len, max }),
            false => Ok(drafts),
        }
    }

    fn push(
        &self,
        registry: &mut Registry,
        channels: &[&Arc<ChannelShared>],
        drafts: Drafts,
        now: Instant,
    ) -> u64 {
        let first = self.published() + 1;
        let last = self.published() + drafts.len() as u64;
        let numbered = |drafts: Vec<Draft>| {
            let numbered = drafts.into_iter().zip(first..);
            numbered.map(|(draft, number)| (number, draft.finish(number)))
        };
        match channels {
            // Most often there is one, which needs no list.
            [channel] => {
                let drafts = drafts.into_form(channel.options.has_ids);
                registry.append(channel, numbered(drafts), now);
            }
            _ => {
                let with_ids: Vec<_> = numbered(drafts.with_ids).collect();
                let without_ids: Vec<_> = numbered(drafts.without_ids).collect();
                for channel in channels {
                    let events = match channel.options.has_ids {
                        true => &with_ids,
                        false => &without_ids,
                    };
                    registry.append(channel, events.iter().cloned(), now);
                }
            }
        }
        registry.evict_to(self.options.max_bytes);
        self.published.store(last, Ordering::Release);
        last
    }

    /// Numbers an event, and makes it the newest of its key in a keyed channel. Returns its number.
    pub(in crate::channel) fn append_keyed(
        &self,
        channel: &Arc<ChannelShared>,
        key: Arc<str>,
        event: &Unnumbered,
    ) -> Result<u64, PublishError> {
        channel.log().check_open()?;
        let _publishing = self.lock_publishing(&[channel])?;
        let draft = event.draft_keyed(self.epoch, self.published() + 1);
        let without_id = event.draft_without_id().finish(0);
        let has_ids = channel.options.has_ids;
        let with_id = if has_ids { draft.len() } else { 0 };
        let len = key.len() + without_id.as_bytes().len() + with_id;
        self.with(|registry| {
            channel.log().check_open()?;
            let last = self.make_room_for_key(registry, channel, &key, len)?;
            let number = last + 1;
            let with_id = has_ids.then(|| draft.finish(number));
            let event = KeyedEvent {
                without_id,
                with_id,
            };
            registry.change(channel, |log| {
                if let Some(keyed) = log.change_keyed(number) {
                    keyed.insert(number, key, event);
                }
            });
            registry.evict_to(self.options.max_bytes);
            self.published.store(number, Ordering::Release);
            Ok(number)
        })
    }

    /// Removes other keys until there is room for an event of this length with its key, if the policy says
    /// so. Returns the last number.
    fn make_room_for_key(
        &self,
        registry: &mut Registry,
        channel: &Arc<ChannelShared>,
        key: &str,
        len: usize,
    ) -> Result<u64, PublishError> {
        let bounds = channel.options.bounds;
        let keyed = channel.options.keyed.clone().unwrap_or_default();
        let max_bytes = bounds.max_bytes.min(self.options.max_bytes);
        if len > max_bytes {
            let max = max_bytes;
            return Err(PublishError::TooLarge { len, max });
        }
        let mut removals = Vec::new();
        {
            let log = channel.log();
            let Some(live) = log.as_keyed() else {
                return Err(PublishError::Channel(ChannelError::NotKeyed));
            };
            let (mut keys, mut bytes) = (live.len() + 1, live.live_bytes() + len);
            (keys, bytes) = (
                keys - usize::from(live.is_live(key)),
                bytes - live.bytes_of(key),
            );
            let others = registry.pinned_bytes().saturating_sub(live.live_bytes());
            let mut oldest = live.keys().filter(|other| &***other != key);
            while keys > keyed.max_keys
                || bytes > bounds.max_bytes
                || others + bytes > self.options.max_bytes
            {
                let removes = keyed.policy.0 == KeyAction::RemoveOldest;
                let Some(oldest) = oldest.next().filter(|_| removes) else {
                    return Err(PublishError::Full);
                };
                (keys, bytes) = (keys - 1, bytes - live.bytes_of(oldest));
                removals.push(Arc::clone(oldest));
            }
        }
        let mut last = self.published();
        for key in removals {
            last += 1;
            remove_key(registry, channel, last, &key);
        }
        Ok(last)
    }

    /// Removes a key of a keyed channel. Returns the number of the removal, or `None` if there is no such
    /// key.
    pub(in crate::channel) fn remove_key(
        &self,
        channel: &Arc<ChannelShared>,
        key: &str,
    ) -> Result<Option<u64>, PublishError> {
        let _publishing = self.lock_publishing(&[channel])?;
        self.with(|registry| {
            channel.log().check_open()?;
            let is_live = channel
                .log()
                .as_keyed()
                .is_some_and(|keyed| keyed.is_live(key));
            if !is_live {
                return Ok(None);
            }
            let number = self.published() + 1;
            remove_key(registry, channel, number, key);
            self.published.store(number, Ordering::Release);
            Ok(Some(number))
        })
    }

    /// As [`append`](Self::append), for an event that the closure stores first: it gets the number.
    /// If the channel is closed meanwhile, this completes the close.
    pub(in crate::channel) fn append_stored(
        &self,
        channel: &Arc<ChannelShared>,
        event: Unnumbered,
        store: impl FnOnce(u64) -> Result<(), PublishError>,
    ) -> Result<u64, PublishError> {
        let publishing = self.lock_publishing(&[channel])?;
        self.with(|registry| registry.change(channel, |log| log.begin_storing()))?;
        let number = self.published() + 1;
        // A panic of the closure must not leave the log as storing, or its subscribers never end.
        let stored = catch_unwind(AssertUnwindSafe(|| {
            let drafts = self.draft(&[channel], &[event])?;
            store(number)?;
            // The time after the closure, which may have waited for a store.
            Ok::<_, PublishError>((drafts, self.timer.now()))
        }));
        let (stored, is_closed) = self.with(|registry| {
            let stored = stored.map(|stored| {
                stored.map(|(drafts, now)| self.push(registry, &[channel], drafts, now))
            });
            let is_closed = registry.change(channel, |log| log.end_storing());
            if is_closed && matches!(stored, Ok(Ok(_))) {
                registry.miss(&channel.name, number);
            }
            (stored, is_closed)
        });
        drop(publishing);
        if is_closed {
            // `close` has left this to us: subscribers had to wait for the event.
            channel.subscribers.wake_all();
        }
        stored.unwrap_or_else(|panic| resume_unwind(panic))
    }

    /// Evicts all events, and skips the next number, so that every subscriber has missed an event. Does
    /// nothing if the channel is closed. Does not wake the waiting subscribers.
    pub(in crate::channel) fn clear_and_skip(&self, channel: &Arc<ChannelShared>) {
        let Ok(_publishing) = self.lock_publishing(&[channel]) else {
            return;
        };
        self.with(|registry| {
            if channel.log().is_closed() {
                return;
            }
            let number = self.published() + 1;
            registry.change(channel, |log| log.clear_and_skip(number));
            self.published.store(number, Ordering::Release);
        });
    }

    /// Closes a channel for publishers, and for subscribers as well unless an event is being stored:
    /// they read it first.
    pub(in crate::channel) fn close(&self, channel: &Arc<ChannelShared>) {
        let was_closed = self.with(|registry| {
            let was_closed = channel.log().is_closed();
            registry.change(channel, |log| log.close());
            registry.remove(channel);
            was_closed
        });
        if was_closed {
            return;
        }
        if let Some(feed) = Feed::tracking(channel) {
            feed.close(self.timer.now());
        }
        channel.notify_occupancy();
        if channel.log().is_finished() {
            channel.subscribers.wake_all();
        }
    }

    /// Closes the hub for good, when its last handle is dropped: also the subscriptions without channels,
    /// which nobody can add one to.
    pub(in crate::channel) fn close_for_good(&self) {
        self.is_closed.store(true, Ordering::Release);
        self.close_all();
        for control in self.named.all() {
            control.waker.wake();
        }
    }

    /// Returns `true` if the last handle was dropped.
    pub(in crate::channel) fn is_closed(&self) -> bool {
        self.is_closed.load(Ordering::Acquire)
    }

    /// Closes all channels of the registry.
    pub(in crate::channel) fn close_all(&self) {
        let channels = self.with(|registry| registry.channels());
        channels.iter().for_each(|channel| self.close(channel));
    }

    /// Lists a subscriber in these channels, and evicts what is too old there. A name is then present in
    /// them. Returns the subscriber's keys, and the number up to which events are published by then.
    pub(in crate::channel) fn join(
        &self,
        channels: &[Arc<ChannelShared>],
        subscriber: &Arc<SubscriberWaker>,
        name: Option<&Arc<str>>,
    ) -> (Vec<u64>, u64) {
        let has_age = |channel: &Arc<ChannelShared>| channel.options.bounds.max_age.is_some();
        let now = channels.iter().any(has_age).then(|| self.timer.now());
        let mut first = Vec::new();
        let (keys, published) = self.with(|registry| {
            let mut keys = Vec::with_capacity(channels.len());
            for channel in channels {
                let bounds = &channel.options.bounds;
                if let Some(now) = now.filter(|now| channel.log().has_expired(*now, bounds)) {
                    registry.change(channel, |log| log.tidy(now, bounds));
                }
                let (key, is_first) = channel.subscribers.list(subscriber);
                if is_first {
                    registry.mark_subscribed(channel);
                    first.push(channel);
                }
                keys.push(key);
            }
            (keys, self.published())
        });
        for channel in channels {
            if let Some((feed, name)) = Feed::tracking(channel).zip(name) {
                feed.enter(name, self.timer.now());
            }
        }
        for channel in first {
            channel.notify_occupancy();
        }
        (keys, published)
    }

    /// Removes a subscriber, which may have a name, from channels, in each of which it has a key.
    pub(in crate::channel) fn leave(
        &self,
        members: impl Iterator<Item = (Arc<ChannelShared>, u64)>,
        name: Option<&Arc<str>>,
    ) {
        // Most often there is one, which is not the last to leave or has no registry.
        let mut idle = Vec::new();
        for (channel, key) in members {
            let is_last = channel.subscribers.unlist(key);
            if let Some((feed, name)) = Feed::tracking(&channel).zip(name) {
                feed.exit(name, self.timer.now());
            }
            if is_last {
                channel.notify_occupancy();
                idle.extend(channel.is_registered.then_some(channel));
            }
        }
        if idle.is_empty() {
            return;
        }
        let now = self.timer.now();
        self.with(|registry| {
            for channel in &idle {
                registry.mark_idle(channel, now);
            }
        });
    }

    /// Adds a channel to all open subscriptions of a name. Returns the id of the change.
    pub(super) fn add_to_subscribers(
        &self,
        name: &Arc<str>,
        start: ChannelStart,
    ) -> Result<EventId, ChannelError> {
        let ChannelStart {
            name: channel,
            start,
        } = start;
        let channel = self.source(&channel)?;
        check_presence(slice::from_ref(&channel), Some(name))?;
        let controls = self.named.get(name);
        // Before the number is taken: a subscription has to be woken by what is published after it.
        let keys: Vec<_> = controls
            .iter()
            .map(|control| {
                let channel = slice::from_ref(&channel);
                self.join(channel, &control.waker, Some(name)).0[0]
            })
            .collect();
        let lost = channel.lost().number;
        for control in &controls {
            control.announce_addition(self.published());
        }
        let at = self.take_number();
        for (control, key) in controls.iter().zip(keys) {
            let rejected = control.change(Change::Add {
                channel: Arc::clone(&channel),
                key,
                start: start.clone(),
                at,
                lost,
            });
            let rejected = rejected.into_iter();
            rejected.for_each(|change| self.undo(change, name));
        }
        Ok(self.epoch.id(at))
    }

    /// Removes a channel from all open subscriptions of a name. Returns the id of the change.
    pub(super) fn remove_from_subscribers(&self, name: &str, channel: &str) -> EventId {
        let at = self.take_number();
        for control in self.named.get(name) {
            let name = Arc::from(channel);
            control.change(Change::Remove { name });
        }
        self.epoch.id(at)
    }

    /// Undoes a change that a subscription with this name has not applied.
    pub(super) fn undo(&self, change: Change, name: &Arc<str>) {
        if let Change::Add { channel, key, .. } = change {
            self.leave(iter::once((channel, key)), Some(name));
        }
    }

    /// Takes a number that no event gets.
    fn take_number(&self) -> u64 {
        let publishing = self.publishing.lock();
        let _publishing = publishing.unwrap_or_else(PoisonError::into_inner);
        self.with(|_| {
            let number = self.published() + 1;
            self.published.store(number, Ordering::Release);
            number
        })
    }

    /// Evicts the events of a channel that are too old.
    pub(in crate::channel) fn expire(&self, channel: &Arc<ChannelShared>) {
        let bounds = &channel.options.bounds;
        if bounds.max_age.is_none() {
            return;
        }
        let now = self.timer.now();
        // Most often there is none, and a shared lock does not hold up other readers.
        if channel.log().has_expired(now, bounds) {
            self.with(|registry| registry.change(channel, |log| log.tidy(now, bounds)));
        }
    }

    /// Locks out other publishers. Fails at once, without a wait for a store, if a channel is closed.
    fn lock_publishing(
        &self,
        channels: &[&Arc<ChannelShared>],
    ) -> Result<MutexGuard<'_, ()>, PublishError> {
        match self.publishing.try_lock() {
            Ok(guard) => Ok(guard),
            // The lock has no data that a publisher which panicked could have left half changed.
            Err(TryLockError::Poisoned(poisoned)) => Ok(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => {
                check_open(channels)?;
                let guard = self.publishing.lock();
                Ok(guard.unwrap_or_else(PoisonError::into_inner))
            }
        }
    }

    /// Works under the lock of the hub, and drops removed channels after it.
    fn with<R>(&self, work: impl FnOnce(&mut Registry) -> R) -> R {
        let mut registry = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        registry.published = self.published();
        let done = work(&mut registry);
        let drops = registry.take_drops();
        drop(registry);
        drop(drops);
        done
    }
}

fn remove_key(registry: &mut Registry, channel: &Arc<ChannelShared>, number: u64, key: &str) {
    registry.change(channel, |log| log.remove_key(number, key));
}

/// Fails if no channel can have this name.
pub(super) fn check_channel_name(name: &str) -> Result<(), ChannelError> {
    check_name(name)?;
    match feed::tracked_by(name) {
        Some(_) => Err(ChannelError::Reserved),
        None => Ok(()),
    }
}

/// Fails if a subscriber with this name cannot be present in one of the channels.
pub(super) fn check_presence(
    channels: &[Arc<ChannelShared>],
    name: Option<&Arc<str>>,
) -> Result<(), ChannelError> {
    let Some(name) = name else {
        return Ok(());
    };
    match channels.iter().any(|channel| channel.feed().is_some()) {
        true => check_name(name)
            .map_err(ChannelError::SubscriberName)
            .map(drop),
        false => Ok(()),
    }
}

/// The events of a publication, in the forms that its channels need.
struct Drafts {
    with_ids: Vec<Draft>,
    without_ids: Vec<Draft>,
}

impl Drafts {
    fn len(&self) -> usize {
        self.with_ids.len().max(self.without_ids.len())
    }

    fn into_form(self, has_ids: bool) -> Vec<Draft> {
        match has_ids {
            true => self.with_ids,
            false => self.without_ids,
        }
    }

    fn of(&self, channel: &ChannelShared) -> &[Draft] {
        match channel.options.has_ids {
            true => &self.with_ids,
            false => &self.without_ids,
        }
    }
}

/// Fails if one of the channels is closed.
fn check_open(channels: &[&Arc<ChannelShared>]) -> Result<(), PublishError> {
    let mut channels = channels.iter();
    channels.try_for_each(|channel| channel.log().check_open())
}
