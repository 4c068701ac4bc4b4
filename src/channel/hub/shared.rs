//! The part of a hub that its handles, its channels and its subscriptions share.
//!
//! # Order of locks
//!
//! 1. `state` is the lock of the hub. It is locked only for moments: numbers are assigned and logs are
//!    changed under it, but events are encoded and user's closures run without it. (The closures of a
//!    `StateChannel` run under a lock of its own, which is locked before this one.)
//! 2. The roster of a feed ([`Feed`](crate::channel::presence::Feed)) is locked after it or without it, for moments.
//!    What the nodes of a store tell each other ([`NodePresence`](crate::channel::presence::NodePresence)) is
//!    locked before the roster, and not after the lock of the hub.
//! 3. The log of a channel is locked after the lock of the hub for a change, that of a feed after its
//!    roster. For reading it is locked alone.
//! 4. The list of a channel's subscribers is locked last.
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

use std::sync::Arc;

use super::{
    HubOptions, change_entry::is_reserved, generation_names::is_generation,
    named::NamedSubscriptions, node::Node, registry::Registry,
};
use crate::{
    EventId, NoticePolicy,
    channel::{
        ChannelError, ChannelOptions,
        invalid_name::check_name,
        log::Log,
        presence::{track, tracked_by},
        shared::ChannelShared,
    },
    store::Epoch,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::SharedTimer,
};

/// The channels of a hub, and the sequence of numbers that they share.
#[derive(Debug)]
pub(in crate::channel) struct HubShared {
    /// See [`Epoch::to_bits`].
    epoch: AtomicU64,
    pub(in crate::channel) timer: SharedTimer,
    pub(super) options: HubOptions,
    pub(super) named: NamedSubscriptions,
    pub(super) state: Mutex<Registry>,
    /// The number of the last event that every subscriber can read. Stored under the lock of the hub.
    pub(super) published: AtomicU64,
    pub(super) is_closed: AtomicBool,
    /// `None` for a hub that assigns the numbers itself.
    pub(in crate::channel) node: Option<Node>,
}

impl HubShared {
    pub(super) fn new(options: HubOptions) -> Self {
        Self {
            epoch: AtomicU64::new(Epoch::draw().to_bits()),
            timer: options.channels.timer.clone(),
            named: NamedSubscriptions::default(),
            state: Mutex::new(Registry::new(options.max_channels)),
            published: AtomicU64::new(0),
            is_closed: AtomicBool::new(false),
            node: None,
            options,
        }
    }

    /// Makes a hub over a store, which is at the position before the first record of an epoch.
    pub(super) fn over_store(options: HubOptions, epoch: Epoch, node: Node) -> Self {
        let hub = Self::new(options);
        hub.set_epoch(epoch);
        hub.with(|registry| registry.has_store = true);
        Self {
            node: Some(node),
            ..hub
        }
    }

    /// Returns the position up to which the store has lost events.
    pub(in crate::channel) fn lost(&self) -> u64 {
        self.node.as_ref().map_or(0, Node::lost)
    }

    /// Returns how many times the store has lost events.
    pub(in crate::channel) fn losses(&self) -> u32 {
        self.node.as_ref().map_or(0, Node::losses)
    }

    /// Returns `true` if the store of this hub keeps the history of a channel, so that what the log has
    /// evicted is not lost.
    pub(in crate::channel) fn is_kept(&self, channel: &ChannelShared) -> bool {
        let options = &channel.options;
        self.node.is_some() && options.has_history && options.keyed.is_none()
    }

    /// Makes a hub of a single channel, which is not in the registry.
    pub(in crate::channel) fn with_channel(options: ChannelOptions) -> (Self, ChannelShared) {
        let hub = Self::new(HubOptions::of_one(options.clone()));
        let channel = ChannelShared::new(Arc::from(""), options, hub.timer.now());
        (hub, channel)
    }

    /// Returns the number of the last event that every subscriber can read.
    pub(in crate::channel) fn published(&self) -> u64 {
        self.published.load(Ordering::Acquire)
    }

    /// Returns the epoch of the ids.
    pub(in crate::channel) fn epoch(&self) -> Epoch {
        Epoch::from_bits(self.epoch.load(Ordering::Acquire))
    }

    /// Returns `true` if the ids are of this epoch.
    #[inline]
    pub(in crate::channel) fn is_in(&self, epoch: Epoch) -> bool {
        self.epoch.load(Ordering::Acquire) == epoch.to_bits()
    }

    pub(super) fn set_epoch(&self, epoch: Epoch) {
        self.epoch.store(epoch.to_bits(), Ordering::Release);
    }

    /// Returns the epoch of the ids, and the number up to which events are published.
    pub(in crate::channel) fn position(&self) -> (Epoch, u64) {
        (self.epoch(), self.published())
    }

    /// Returns the policy for notices of a subscription without channels.
    pub(in crate::channel) fn notice_policy(&self) -> NoticePolicy {
        self.options.channels.notice_policy
    }

    /// Returns the number that an id of this hub stands for. `None` for an id that the hub has not made.
    pub(in crate::channel) fn number(&self, id: &EventId) -> Option<u64> {
        self.check_id(Epoch::parse(id.as_str()))
    }

    /// Returns the number of a position that the program has kept. Without a store it is 0 if the hub has not made
    /// it: it is from before a restart, so all events are later. With one, the hub may be behind it.
    pub(in crate::channel) fn kept_number(&self, position: &EventId) -> u64 {
        let ahead = Epoch::parse(position.as_str());
        let ahead = ahead.filter(|(epoch, _)| self.node.is_some() && *epoch == self.epoch());
        let ahead = ahead.map(|(_, number)| number);
        self.number(position).or(ahead).unwrap_or_default()
    }

    /// As [`number`](Self::number), for an id of a keyed channel.
    pub(in crate::channel) fn keyed_number(&self, id: &EventId) -> Option<u64> {
        self.check_id(Epoch::parse_keyed(id.as_str()))
    }

    fn check_id(&self, id: Option<(Epoch, u64)>) -> Option<u64> {
        let (epoch, number) = id?;
        // A number that is yet to be assigned was made up by the client.
        (epoch == self.epoch() && number <= self.published()).then_some(number)
    }

    /// Returns what a subscription means by this name: a channel, or the feed of a channel's presence. Makes
    /// it if there is none.
    pub(super) fn source(&self, name: &str) -> Result<Arc<ChannelShared>, ChannelError> {
        match is_generation(tracked_by(name).unwrap_or(name)) {
            true => Err(ChannelError::Reserved),
            false => self.any_source(name),
        }
    }

    /// As [`source`](Self::source), for generations too.
    pub(super) fn any_source(&self, name: &str) -> Result<Arc<ChannelShared>, ChannelError> {
        let Some(tracked) = tracked_by(name) else {
            return self.any_channel(name);
        };
        let channel = match self.any_channel(tracked) {
            Err(ChannelError::Reserved) => return Err(ChannelError::NoPresence),
            channel => channel?,
        };
        channel.feed().cloned().ok_or(ChannelError::NoPresence)
    }

    /// Returns the channel with this name, and makes it if there is none.
    pub(super) fn channel(&self, name: &str) -> Result<Arc<ChannelShared>, ChannelError> {
        match is_generation(name) {
            true => Err(ChannelError::Reserved),
            false => self.any_channel(name),
        }
    }

    /// As [`channel`](Self::channel), for generations too.
    pub(super) fn any_channel(&self, name: &str) -> Result<Arc<ChannelShared>, ChannelError> {
        if let Some(channel) = self.find(name) {
            return Ok(channel);
        }
        check_channel_name(name)?;
        let name: Arc<str> = Arc::from(name);
        // Without the lock: the closure that makes the options is the user's, and so are the policies,
        // which are dropped if the channel is not needed.
        let options = self.options.options_of(&name);
        let now = self.timer.now();
        let made = ChannelShared::new(name, options, now);
        let presence = self.node.as_ref().map(|node| &node.presence);
        let made = Arc::new(track(made, &self.timer, presence));
        let version = self.begin_feed(&made);
        let channel = self.with(|registry| {
            if let Some(channel) = registry.get(&made.name, now, self.options.linger) {
                return Ok(channel);
            }
            let max = self.options.max_channels;
            if registry.len() >= max && !registry.make_room(now) {
                return Err(ChannelError::TooMany { max });
            }
            registry.insert(&made, self.published(), now);
            if self.node.is_some() {
                registry.change(&made, Log::unload_keys);
            }
            Ok(Arc::clone(&made))
        })?;
        self.complete_feed(&channel, version);
        Ok(channel)
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

    /// Works under the lock of the hub, and drops removed channels after it.
    pub(super) fn with<R>(&self, work: impl FnOnce(&mut Registry) -> R) -> R {
        let mut registry = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        registry.published = self.published();
        let done = work(&mut registry);
        let drops = registry.take_drops();
        drop(registry);
        drop(drops);
        done
    }
}

/// Fails if no channel can have this name.
pub(super) fn check_channel_name(name: &str) -> Result<(), ChannelError> {
    check_name(name)?;
    match tracked_by(name).is_some() || is_reserved(name) {
        true => Err(ChannelError::Reserved),
        false => Ok(()),
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
