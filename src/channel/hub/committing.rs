//! Publishing through the store of a hub.

use std::sync::Arc;

use super::{
    change_entry::SubscribersChange,
    shared::{HubShared, check_presence},
};
use crate::{
    ChannelStart, EventId,
    channel::{
        ChannelError, PublishError,
        node::{CommitError, Committed},
        numbered::Unnumbered,
        shared::ChannelShared,
    },
    store::{Entry, Position, StoreError, StoreErrorKind, Topic, Topics},
};

impl HubShared {
    /// Makes the entry of an event for channels that are not keyed. `None` for no channel.
    pub(in crate::channel) fn entry(
        &self,
        channels: &[Arc<ChannelShared>],
        event: Unnumbered,
    ) -> Result<Option<Entry>, PublishError> {
        let event = event.into_event();
        let len = event.as_bytes().len();
        for channel in channels {
            channel.log().check_open()?;
            if channel.options.keyed.is_some() {
                return Err(PublishError::Channel(ChannelError::Keyed));
            }
            check_len(len, channel.options.bounds.max_bytes)?;
        }
        check_len(len.saturating_mul(channels.len()), self.options.max_bytes)?;
        let mut names = channels.iter().map(topic_of);
        let Some(first) = names.next() else {
            return Ok(None);
        };
        let mut topics = Topics::from(first);
        topics.extend(names);
        let mut channels = channels.iter();
        Ok(Some(
            match channels.any(|channel| channel.options.has_history) {
                true => Entry::window(topics, event),
                false => Entry::ephemeral(topics, event),
            },
        ))
    }

    /// Stores an entry. Without one it returns the present position.
    pub(in crate::channel) async fn commit(
        &self,
        entry: Option<Entry>,
    ) -> Result<Committed, PublishError> {
        let Some(entry) = entry else {
            let (epoch, number) = self.position();
            let position = Position::new(number);
            return Ok(Committed { epoch, position });
        };
        self.commit_all(vec![entry]).await
    }

    /// Stores entries together or not at all. Returns the place of the last.
    pub(in crate::channel) async fn commit_all(
        &self,
        entries: Vec<Entry>,
    ) -> Result<Committed, PublishError> {
        self.store(entries).await.map_err(publish_error)
    }

    /// Stores one or more entries together or not at all. Returns the place of the last.
    async fn store(&self, entries: Vec<Entry>) -> Result<Committed, CommitError> {
        match &self.node {
            Some(node) => node.committer.publish(entries).await,
            None => Err(CommitError::Store(unavailable())),
        }
    }

    /// Stores a change of open subscriptions, and waits until it is applied. Returns its id.
    pub(in crate::channel) async fn change(
        &self,
        change: SubscribersChange,
    ) -> Result<EventId, StoreError> {
        let committed = self
            .store(vec![change.entry()])
            .await
            .map_err(store_error)?;
        let Some(node) = &self.node else {
            return Err(unavailable());
        };
        let (epoch, number) = (committed.epoch, committed.position.get());
        let is_applied = || self.epoch() == epoch && node.has_applied(number);
        if !node.wait_until(&self.timer, is_applied).await {
            return Err(StoreError::new(StoreErrorKind::Unknown));
        }
        // A poll that began before may still send something of a channel that was removed.
        for control in self.named.get(change.name()) {
            control.poll_ended().await;
        }
        Ok(epoch.id(number))
    }

    /// Waits until the hub has what the store has acknowledged to it, so that it knows the keys that were
    /// published before. Returns `false` if it does not get that in time.
    pub(in crate::channel) async fn has_followed(&self) -> bool {
        let Some(node) = &self.node else {
            return true;
        };
        let (epoch, highest) = node.committer.highest();
        let is_applied = || epoch != Some(self.epoch()) || node.has_applied(highest.get());
        node.wait_until(&self.timer, is_applied).await
    }

    /// Fails if the channel cannot be added to subscriptions of this name.
    pub(in crate::channel) fn check_addition(
        &self,
        name: &Arc<str>,
        start: &ChannelStart,
    ) -> Result<(), ChannelError> {
        let channel = self.source(&start.name)?;
        check_presence(&[channel], Some(name))
    }

    /// Stores an event as the newest of its key, together with the removals that make room for it.
    pub(in crate::channel) async fn commit_keyed(
        self: &Arc<Self>,
        channel: &Arc<ChannelShared>,
        key: Arc<str>,
        event: Unnumbered,
    ) -> Result<Committed, PublishError> {
        if !self.loaded(channel).await || !self.has_followed().await {
            return Err(PublishError::Store(unavailable()));
        }
        let event = event.into_event();
        let len = key.len() + event.as_bytes().len();
        let removals = self.with(|registry| {
            channel.log().check_open()?;
            self.keys_to_remove(registry, channel, &key, len)
        })?;
        let topic = topic_of(channel);
        let removals = removals.into_iter();
        let mut entries: Vec<_> = removals
            .map(|removed| Entry::removal(topic.clone(), removed, ""))
            .collect();
        entries.push(Entry::keyed(topic, key, event));
        self.commit_all(entries).await
    }

    /// Stores the removal of a key, if there is such a key.
    pub(in crate::channel) async fn commit_removal(
        self: &Arc<Self>,
        channel: &Arc<ChannelShared>,
        key: Arc<str>,
    ) -> Result<Option<Committed>, PublishError> {
        if !self.loaded(channel).await || !self.has_followed().await {
            return Err(PublishError::Store(unavailable()));
        }
        let is_live = {
            let log = channel.log();
            log.check_open()?;
            log.as_keyed().is_some_and(|keyed| keyed.is_live(&key))
        };
        if !is_live {
            return Ok(None);
        }
        let removal = Entry::removal(topic_of(channel), key, "");
        self.commit(Some(removal)).await.map(Some)
    }
}

fn topic_of(channel: &Arc<ChannelShared>) -> Topic {
    Topic::from(Arc::clone(&channel.name))
}

fn check_len(len: usize, max: usize) -> Result<(), PublishError> {
    match len > max {
        true => Err(PublishError::TooLarge { len, max }),
        false => Ok(()),
    }
}

fn unavailable() -> StoreError {
    StoreError::new(StoreErrorKind::Unavailable)
}

fn publish_error(error: CommitError) -> PublishError {
    match error {
        CommitError::TooLarge { len, max } => PublishError::TooLarge { len, max },
        error => PublishError::Store(store_error(error)),
    }
}

fn store_error(error: CommitError) -> StoreError {
    let (kind, cause) = match error {
        CommitError::TooLarge { .. } => {
            return StoreError::with_source(StoreErrorKind::Refused, error);
        }
        CommitError::Store(error) => return error,
        CommitError::TimedOut(cause) => (StoreErrorKind::Unavailable, cause),
        CommitError::Unknown(cause) => (StoreErrorKind::Unknown, cause),
    };
    match cause {
        // It says everything by itself.
        Some(cause) if cause.kind() == kind => cause,
        Some(cause) => StoreError::with_source(kind, cause),
        None => StoreError::new(kind),
    }
}
