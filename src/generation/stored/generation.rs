//! The handle of a generation over a store.

use std::fmt;

use super::{
    index::{IndexEntry, IndexState, error},
    listening::Listening,
    marker,
    node::{GenerationNode, channel_name},
    owner::LISTENER,
};
use crate::{
    LastEventId, NoticePolicy,
    generation::{GenerationEnd, GenerationError, GenerationStream},
};

/// A handle to a generation that runs on any node of a hub, or has ended.
#[derive(Clone)]
pub struct StoredGeneration {
    node: GenerationNode,
    name: String,
}

impl StoredGeneration {
    pub(super) fn new(node: GenerationNode, name: String) -> Self {
        Self { node, name }
    }

    /// Attaches a client, as [`Generation::attach`](super::super::Generation::attach) does.
    ///
    /// # Errors
    ///
    /// Fails like [`Generation::attach`](super::super::Generation::attach), and with
    /// [`GenerationError::Unavailable`] if the store cannot be read in time. What the store does not retain is found
    /// while the client reads, so [`GenerationError::Evicted`] is an error of the stream.
    pub async fn attach(
        &self,
        last_event_id: Option<&LastEventId>,
    ) -> Result<GenerationStream, GenerationError> {
        let channel = self.node.channel(&self.name)?;
        let entry = self.entry().await?;
        let entry = entry.ok_or(GenerationError::UnknownId)?;
        let number = last_event_id.map(|id| channel.number_of(id));
        let is_known = match number {
            None => true,
            Some(number) => number.is_some_and(|number| is_of(&entry, number)),
        };
        if let IndexState::Ended(ended) = &entry.state {
            let number = number.flatten().filter(|_| is_known);
            if number.is_some_and(|number| ended.is_complete_with(number)) {
                return Err(GenerationError::Complete);
            }
        }
        if !is_known && !self.node.options.unknown_id_policy.replays() {
            return Err(GenerationError::UnknownId);
        }
        let start = LastEventId::new(channel.id_of(entry.start()));
        let after = last_event_id.filter(|_| is_known).or(start.as_ref());
        let hub = &self.node.hub;
        let events = hub.generation_subscriber(LISTENER);
        let events = events.resume([&*channel_name(&self.name)], after).await;
        let events = events.map_err(GenerationError::Channel)?;
        // As events, so that a gap is seen here. They do not reach the client.
        let events = events.notice_policy(NoticePolicy::event()).detached();
        let nodes = self.node.nodes(&self.name).await?;
        let last = number
            .flatten()
            .filter(|_| is_known)
            .unwrap_or(entry.start());
        let (node, name) = (self.node.clone(), self.name.clone());
        let listening = Listening::new(node, name, channel, events, nodes, last);
        Ok(GenerationStream::stored(listening))
    }

    /// Ends the generation as [`Stopped`](GenerationEnd::Stopped), if it runs. Returns when the store has the order.
    ///
    /// # Errors
    ///
    /// Fails with [`GenerationError::Unavailable`] if the store does not accept the order in time.
    pub async fn stop(&self) -> Result<(), GenerationError> {
        let order = marker::write(&[], "stop").ok_or(GenerationError::Unavailable)?;
        let channel = self.node.channel(&self.name)?;
        channel.publish(order).await.map(drop).map_err(error)
    }

    /// Returns the reason for which the generation has ended, or `None` while it runs. One that is no longer in the
    /// store has [`Failed`](GenerationEnd::Failed).
    ///
    /// # Errors
    ///
    /// Fails with [`GenerationError::Unavailable`] if the store cannot be read in time.
    pub async fn end(&self) -> Result<Option<GenerationEnd>, GenerationError> {
        let entry = self.entry().await?;
        Ok(match entry.map(|entry| entry.state) {
            Some(IndexState::Running { .. }) => None,
            Some(IndexState::Ended(ended)) => Some(ended.end),
            None => Some(GenerationEnd::Failed),
        })
    }

    async fn entry(&self) -> Result<Option<IndexEntry>, GenerationError> {
        let entries = self.node.index.entries().await?;
        Ok(entries.into_iter().find(|entry| *entry.name == *self.name))
    }
}

/// Returns `true` if a number can be that of an event of the generation.
fn is_of(entry: &IndexEntry, number: u64) -> bool {
    let is_before_end = match &entry.state {
        IndexState::Running { .. } => true,
        IndexState::Ended(_) => number < entry.number,
    };
    entry.start() < number && is_before_end
}

impl fmt::Debug for StoredGeneration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredGeneration")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}
