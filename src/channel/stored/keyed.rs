//! A keyed channel of a hub over a store.

use std::{future::Future, sync::Arc};

use crate::{
    BorrowEvent, EncodeEvent, EncodedEvent, EventId, KeyedChannel, LastEventId, Stored,
    Subscription,
    channel::{PublishError, invalid_name::check_name, keyed_log::KeyLookup, numbered::Unnumbered},
};

impl<T: ?Sized> KeyedChannel<T, Stored> {
    /// Subscribes to the changes that are made from now on, without a snapshot.
    pub fn subscribe(&self) -> impl Future<Output = Subscription> + Send + use<T> {
        self.channel().subscribe()
    }

    /// Subscribes to the changes after the one with this id, or else to a snapshot and all later changes.
    pub fn resume(
        &self,
        last_event_id: Option<&LastEventId>,
    ) -> impl Future<Output = Subscription> + Send + use<T> {
        self.channel().resume(last_event_id)
    }

    /// Loads the keys from the store, and follows their changes. Returns `true` when they are loaded, and `false`
    /// if the store cannot be read within
    /// [`HubOptions::backfill_timeout`](crate::HubOptions::backfill_timeout).
    ///
    /// Subscribing and publishing do so by themselves. Before that, [`len`](Self::len) and [`keys`](Self::keys)
    /// have no more than what was published since the hub was opened.
    pub fn load(&self) -> impl Future<Output = bool> + Send + use<T> {
        let channel = Arc::clone(self.channel().shared());
        let hub = Arc::clone(self.channel().hub());
        async move { hub.loaded(&channel).await }
    }

    /// Returns the live keys with their numbers and events, when everything is applied that the store has
    /// acknowledged to this hub. `None` if the store cannot be read in time.
    pub(crate) async fn entries(&self) -> Option<Vec<(Arc<str>, u64, EncodedEvent)>> {
        let (hub, channel) = (self.channel().hub(), self.channel().shared());
        if !hub.loaded(channel).await || !hub.has_followed().await {
            return None;
        }
        let log = channel.log();
        let keyed = log.as_keyed()?;
        let entries = keyed.live_after(0).filter_map(|(number, key)| {
            let KeyLookup::Live(_, event) = keyed.get(key) else {
                return None;
            };
            Some((Arc::clone(key), number, event.without_id))
        });
        Some(entries.collect())
    }

    /// Removes a key. Returns the id of the removal when the store has it, or `None` if there is no such key.
    ///
    /// # Errors
    ///
    /// Fails if the channel is closed, and with [`PublishError::Store`] if the keys cannot be loaded or the store
    /// does not accept the removal in time.
    pub fn remove(
        &self,
        key: &str,
    ) -> impl Future<Output = Result<Option<EventId>, PublishError>> + Send + use<T> {
        let channel = Arc::clone(self.channel().shared());
        let (hub, key) = (Arc::clone(self.channel().hub()), Arc::from(key));
        async move {
            let committed = hub.commit_removal(&channel, key).await?;
            Ok(committed.map(|one| one.epoch.keyed_id(one.position.get())))
        }
    }
}

impl<T: EncodeEvent + ?Sized> KeyedChannel<T, Stored> {
    /// Publishes an event as the newest of its key, and returns its id when the store has it.
    ///
    /// The bounds of the channel hold for the keys that this hub knows of. If several hubs publish new keys at the
    /// same time, there may be a few more for a moment.
    ///
    /// # Errors
    ///
    /// Fails if the channel is closed, if the key is empty, longer than 255 bytes or has a control character, if
    /// the event cannot be encoded, if it is larger than everything that the channel may retain, if the channel
    /// or its hub is full ([`PublishError::Full`]), and with [`PublishError::Store`] if the keys cannot be loaded
    /// or the store does not accept the event in time.
    pub fn publish<E: BorrowEvent<T>>(
        &self,
        key: &str,
        event: E,
    ) -> impl Future<Output = Result<EventId, PublishError>> + Send + use<T, E> {
        let event = Unnumbered::encode(event.borrow_event());
        let key = check_name(key).map(Arc::from).map_err(PublishError::Key);
        let channel = Arc::clone(self.channel().shared());
        let hub = Arc::clone(self.channel().hub());
        async move {
            let committed = hub.commit_keyed(&channel, key?, event?).await?;
            Ok(committed.epoch.keyed_id(committed.position.get()))
        }
    }
}
