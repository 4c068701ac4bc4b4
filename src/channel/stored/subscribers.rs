//! Changes of open subscriptions on all hubs over a store.

use std::sync::Arc;

use crate::{
    ChannelStart, EventId, Stored, Subscribers, SubscribersError, channel::hub::SubscribersChange,
};

impl Subscribers<Stored> {
    /// Adds a channel to the open subscriptions on all hubs over the store, and returns the position at which it
    /// was added, even if no subscription is open.
    ///
    /// It is [`Subscribers::add`](Subscribers::<crate::Memory>::add) through the store. When the call returns,
    /// this hub has added the channel; others do so as soon as they read the change. A hub that has no room for
    /// the channel leaves its subscriptions as they are. If it fails, call it again: a channel that a subscription
    /// has already stays as it is.
    ///
    /// # Errors
    ///
    /// Fails with [`SubscribersError::Channel`] if no channel can have the name
    /// or the subscriber cannot be present in it, and with [`SubscribersError::Store`] if
    /// the change cannot be stored, or is not read again within
    /// [`HubOptions::backfill_timeout`](crate::HubOptions::backfill_timeout). Then the kind of the error is
    /// [`Unknown`](crate::store::StoreErrorKind::Unknown).
    pub async fn add(&self, channel: impl Into<ChannelStart>) -> Result<EventId, SubscribersError> {
        let (name, start) = (Arc::clone(&self.name), channel.into());
        self.hub.check_addition(&name, &start)?;
        let change = SubscribersChange::Add { name, start };
        Ok(self.hub.change(change).await?)
    }

    /// Removes a channel from the open subscriptions on all hubs over the store, and returns the position at
    /// which it was removed.
    ///
    /// It is [`Subscribers::remove`](Subscribers::<crate::Memory>::remove) through the store. When the call
    /// returns, this hub has removed the channel, with the guarantee of that method; others do so as soon as they
    /// read the change. No hub sends an event of the channel that was published after the position.
    ///
    /// If it fails, open streams may go on with the channel, on this hub too. Call it again. Where that must not
    /// wait for the store, end the user's streams ([`OpenStreams`](crate::OpenStreams)): they come back without the
    /// right.
    ///
    /// # Errors
    ///
    /// Fails with [`SubscribersError::Store`] if the change cannot be stored, or is not read again within
    /// [`HubOptions::backfill_timeout`](crate::HubOptions::backfill_timeout). Then the kind of the error is
    /// [`Unknown`](crate::store::StoreErrorKind::Unknown).
    pub async fn remove(&self, channel: &str) -> Result<EventId, SubscribersError> {
        let (name, channel) = (Arc::clone(&self.name), Arc::from(channel));
        let change = SubscribersChange::Remove { name, channel };
        Ok(self.hub.change(change).await?)
    }
}
