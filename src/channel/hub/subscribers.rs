//! Changes of open subscriptions.

use std::{fmt, marker::PhantomData, sync::Arc};

use super::shared::HubShared;
use crate::{ChannelError, ChannelStart, EventId, Memory};

/// The open subscriptions of a [`Hub`](super::Hub) that have the same name, such as those of a user.
///
/// It adds channels to them and removes channels from them: the request that changes the rights of a user is
/// another one than the stream that the user has open. It holds no rights, and changes no later subscription: a
/// handler looks up the rights whenever the user subscribes.
///
/// ```
/// use futures_util::{FutureExt, StreamExt};
/// use tower_sse::{Channel, Event, Hub, HubOptions};
///
/// # #[cfg(feature = "tokio")]
/// # fn main() -> Result<(), tower_sse::BoxError> {
/// let hub = Hub::new(HubOptions::new());
/// let team: Channel = hub.channel("team/3")?;
/// let mut stream = hub.subscriber("ada").subscribe(["user/ada"])?;
///
/// let added_at = hub.subscribers("ada").add("team/3")?;
/// team.publish(Event::new("hello"))?;
/// let event = stream.next().now_or_never().flatten().unwrap();
/// assert!(event.encoded().as_bytes().starts_with(b"data: hello\n"));
///
/// hub.subscribers("ada").remove("team/3");
/// team.publish(Event::new("not for ada"))?;
/// assert!(stream.next().now_or_never().is_none());
/// # let _ = added_at;
/// # Ok(())
/// # }
/// # #[cfg(not(feature = "tokio"))] fn main() {}
/// ```
///
/// Over a store, the streams of all hubs change:
///
/// ```
/// use futures_util::StreamExt;
/// use tower_sse::{Event, Hub, HubOptions, store::{MemoryStore, MemoryStoreOptions}};
///
/// # #[cfg(feature = "tokio")]
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), tower_sse::BoxError> {
/// let store = MemoryStore::new(MemoryStoreOptions::new());
/// let one = Hub::open(store.clone(), HubOptions::new()).await?;
/// let other = Hub::open(store, HubOptions::new()).await?;
/// let mut stream = other.subscriber("ada").subscribe(["user/ada"]).await?;
///
/// one.subscribers("ada").add("team/3").await?;
/// one.publish(["team/3"], &Event::new("hello")).await?;
/// let event = stream.next().await.unwrap();
/// assert!(event.encoded().as_bytes().starts_with(b"data: hello\n"));
///
/// one.subscribers("ada").remove("team/3").await?;
/// one.publish(["team/3"], &Event::new("not for ada")).await?;
/// one.publish(["user/ada"], &Event::new("for ada")).await?;
/// let event = stream.next().await.unwrap();
/// assert!(event.encoded().as_bytes().starts_with(b"data: for ada\n"));
/// # Ok(())
/// # }
/// # #[cfg(not(feature = "tokio"))] fn main() {}
/// ```
#[must_use = "it does nothing by itself"]
pub struct Subscribers<S = Memory> {
    pub(in crate::channel) hub: Arc<HubShared>,
    pub(in crate::channel) name: Arc<str>,
    backing: PhantomData<fn() -> S>,
}

impl<S> Subscribers<S> {
    pub(super) fn new(hub: &Arc<HubShared>, name: Arc<str>) -> Self {
        Self {
            hub: Arc::clone(hub),
            name,
            backing: PhantomData,
        }
    }

    /// Returns the number of open subscriptions. Over a store, those of other hubs are not counted.
    pub fn count(&self) -> usize {
        self.hub.named.get(&self.name).len()
    }
}

impl Subscribers {
    /// Adds a channel to the open subscriptions, and returns the position at which it was added, even if no
    /// subscription is open.
    ///
    /// A subscription that has the channel already goes on as it is. The others begin with the next event,
    /// with the oldest retained one ([`ChannelStart::replay`]) or after a position
    /// ([`ChannelStart::since`]). Events up to the client's last event id come without ids. Before them the
    /// client gets a notice, an event named `channel-added` whose data is the channel's name
    /// ([`NoticePolicy`](crate::NoticePolicy)). A page that gets it should empty that feed, because after a
    /// reconnect the same events can come again. When everything up to the position has been sent, the
    /// client gets a checkpoint with the id of the position.
    ///
    /// Like [`remove`](Self::remove), the call waits for a poll that is under way. A channel that the open
    /// subscriptions have already keeps the position that an earlier call returned.
    ///
    /// Store the right of the user before the call, without a position, and the position after it: a
    /// connection in between then has the channel. Pass the position to
    /// [`ChannelStart::added_at`] whenever the user subscribes: an id that is lower says nothing about the
    /// events of this channel.
    ///
    /// # Errors
    ///
    /// Fails like [`Hub::channel`](super::Hub::channel), except that the channel may be keyed or a feed, and if a
    /// subscriber of this name cannot be present in it ([`ChannelError::SubscriberName`]).
    pub fn add(&self, channel: impl Into<ChannelStart>) -> Result<EventId, ChannelError> {
        self.hub
            .add_to_subscribers(&self.name, channel.into(), None)
    }

    /// Removes a channel from the open subscriptions, and returns the position at which it was removed.
    ///
    /// Delete the right of the user before the call: a connection in between then does not have the channel.
    /// The feed of the channel's [`Presence`](super::Presence) is another channel, and is removed by its own
    /// name. Hold no lock that a filter or a stream around the subscription takes.
    ///
    /// When the call returns, nothing of the channel is sent that the response bodies have not handed out
    /// already. To that end it waits for a poll of such a body that is under way, a millisecond at most
    /// unless streams around the subscription take longer. (Called from within a poll it does not wait, and
    /// takes effect with the next poll of each body.) Events that a combinator holds back, such as `chunks`,
    /// are still sent, and so is an event that was too large for the last frame and has a frame of its own.
    ///
    /// The client gets a notice, an event named `channel-removed` whose data is the channel's name
    /// ([`NoticePolicy`](crate::NoticePolicy)). If a channel is added and removed many times before the next
    /// poll, the client gets notices only of the first changes and of a last addition.
    pub fn remove(&self, channel: &str) -> EventId {
        self.hub.remove_from_subscribers(&self.name, channel, None)
    }
}

impl<S> fmt::Debug for Subscribers<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscribers")
            .field("name", &self.name)
            .field("count", &self.count())
            .finish_non_exhaustive()
    }
}
