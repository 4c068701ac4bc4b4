//! The names of a channel's subscribers.

use std::{collections::BTreeSet, fmt, sync::Arc};

use super::shared::{HubShared, check_channel_name};
use crate::{
    ChannelError,
    channel::presence::{Feed, name_of},
};

/// The names of a channel's subscribers, each once, such as the users in a room.
///
/// [`ChannelOptions::presence`](crate::ChannelOptions::presence) gives a channel one. It counts the open
/// subscriptions that have a name ([`Hub::subscriber`](super::Hub::subscriber)): a user with two tabs is
/// present once, and leaves when the grace time has passed since the last tab was closed. So nobody sees a
/// user leave that reloads the page.
///
/// [`names`](Self::names) is the list for the program. Clients get it from a feed, a channel that a stream
/// can have among its channels, by the name `presence:` and the name of the channel:
///
/// ```
/// use std::time::Duration;
/// use futures_util::{FutureExt, StreamExt};
/// use tower_sse::{Hub, HubOptions};
///
/// # #[cfg(feature = "tokio")]
/// # fn main() -> Result<(), tower_sse::BoxError> {
/// let hub = Hub::new(HubOptions::new().each(|name, options| match name.starts_with("room/") {
///     true => options.presence(Duration::from_secs(5)),
///     false => options,
/// }));
/// let _ada = hub.subscriber("ada").resume(["room/7"], None)?;
/// let mut bob = hub.subscriber("bob").resume(["room/7", "presence:room/7"], None)?;
/// assert_eq!(*hub.presence("room/7")?.names(), ["ada".into(), "bob".into()]);
///
/// let mut next = || bob.next().now_or_never().flatten().unwrap();
/// assert_eq!(next().encoded().as_bytes(), b"event: joined\ndata: ada\ndata: room/7\n\n");
/// assert_eq!(next().encoded().as_bytes(), b"event: joined\ndata: bob\ndata: room/7\n\n");
/// # Ok(())
/// # }
/// # #[cfg(not(feature = "tokio"))] fn main() {}
/// ```
///
/// # The feed
///
/// The feed is a [`KeyedChannel`](crate::KeyedChannel) without ids, so each connection begins with the list:
/// a notice named `snapshot` ([`NoticePolicy`](crate::NoticePolicy)), and an event named `joined` for each
/// name. Later a name that comes is another `joined`, and one that leaves an event named `left`. Their data
/// has two lines, the name and the channel, because a stream can have the feeds of several channels. A slow
/// client gets what is true of a name in the end. So a `joined` can come for a name that the page has, and
/// changes nothing then.
///
/// The feed is the hub's: nobody can publish there ([`ChannelError::Reserved`]). It does not count in
/// [`Hub::len`](super::Hub::len), [`max_channels`](crate::HubOptions::max_channels) and
/// [`max_bytes`](crate::HubOptions::max_bytes), and its changes have no ids. Its notices have the policy of the
/// channel. A subscription of the feed keeps the channel in the hub, as a handle does.
///
/// # Several nodes
///
/// Over a store ([`Hub::open`](super::Hub::open)) it has the subscribers of all nodes. A user with a tab on each of
/// two nodes is present once, and a client that reconnects to another node within the grace time has not left. Each
/// node has the list in memory: a node that has just been opened has the names of the others a moment after the
/// first use of a presence, when they have answered.
///
/// A node with names renews its lease every 5 s. If a node sends nothing for 15 s
/// ([`HubOptions::presence_lease`](crate::HubOptions::presence_lease)), the other nodes consider it dead, and its names
/// leave when the grace time has passed. When a hub or a channel is closed, the other nodes are notified at once and start
/// the grace time, if the runtime still runs for a moment: clients that reconnect within it do not leave.
///
/// While the store is away, nodes receive no messages from each other. Each keeps the last known names of the others, and
/// all leases restart when the store is back, so an outage makes nobody leave. A store that can be read but not written,
/// because it is full, is no such outage: leases then end. A node that has missed a part of the store's tail has the
/// right list again after the next leases.
///
/// Nodes exchange ephemeral entries of the reserved topic `tower-sse:presence`: one for the names that come or go
/// together, one for each lease, and the whole list for a node that starts or has missed something. They take positions in
/// the tail, so ids grow a little faster, and a store that keeps a tail of so many records keeps fewer events. Nothing is
/// sent before the program uses a presence, and a node without names sends no leases. Older versions of the crate ignore
/// the entries, and list only their own subscribers.
///
/// # Limits
///
/// The list has at most 10,000 names for each channel. A name that finds it full is missing from the list and from
/// the feed until another one has left. Over a store a full list has the first names in order, so that it is the
/// same on all nodes: then a name that comes can take the place of another one.
///
/// In a hub in memory there is no task for this. While somebody subscribes to the feed, names leave on time, by the
/// hub's timer; otherwise they leave with the next call that would notice. A channel that nobody subscribes to is
/// removed as without a presence ([`HubOptions::linger`](crate::HubOptions::linger)), but not before the
/// last name of this hub has left, unless to make room. If the channel is closed, all names leave at once, and its
/// feed ends.
///
/// With [`Subscribers::remove`](super::Subscribers::remove), a name begins to leave when the stream is polled
/// next, as for [`Channel::subscriber_count`](crate::Channel::subscriber_count).
#[derive(Clone)]
#[must_use = "it does nothing by itself"]
pub struct Presence {
    hub: Arc<HubShared>,
    tracked: Arc<str>,
    name: Arc<str>,
}

impl Presence {
    pub(super) fn new(hub: &Arc<HubShared>, tracked: &str) -> Result<Self, ChannelError> {
        if !hub.has_presence(tracked)? {
            return Err(ChannelError::NoPresence);
        }
        if let Some(node) = &hub.node {
            node.presence.activate();
        }
        Ok(Self {
            hub: Arc::clone(hub),
            tracked: Arc::from(tracked),
            name: name_of(tracked),
        })
    }

    /// Returns the names that are present, in their order. Over a store they are those of all nodes.
    ///
    /// The call takes time in proportion to their number, during which no name comes or leaves.
    pub fn names(&self) -> Vec<Arc<str>> {
        self.read(|feed| feed.names(), |others| others.into_iter().collect())
    }

    /// Returns the number of names that are present.
    pub fn len(&self) -> usize {
        self.read(|feed| feed.len(), |others| others.len())
    }

    /// Returns `true` if nobody is present.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the name of the feed: `presence:` and the name of the channel.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Reads the list, or the names of the other nodes if this one has no channel of the name.
    fn read<R>(
        &self,
        read: impl FnOnce(&Feed<'_>) -> R,
        read_others: impl FnOnce(BTreeSet<Arc<str>>) -> R,
    ) -> R {
        // It may be removed, and made anew, while this is kept.
        let channel = self.hub.find(&self.tracked);
        let feed = channel.as_deref().and_then(Feed::tracking);
        let Some(feed) = feed else {
            return read_others(self.hub.elsewhere(&self.tracked));
        };
        feed.expire(self.hub.timer.now());
        read(&feed)
    }
}

impl HubShared {
    /// Returns `true` if the channel with this name has a presence, or would have it.
    fn has_presence(&self, name: &str) -> Result<bool, ChannelError> {
        if let Some(channel) = self.find(name) {
            return Ok(channel.feed().is_some());
        }
        check_channel_name(name)?;
        Ok(self.options.options_of(name).presence.is_some())
    }
}

impl fmt::Debug for Presence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Presence")
            .field("name", &self.name)
            .field("len", &self.len())
            .finish_non_exhaustive()
    }
}
