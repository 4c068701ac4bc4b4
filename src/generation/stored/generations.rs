//! Generations by key, over a hub with a store.

use std::{collections::HashMap, fmt, future::Future, sync::Arc, time::Instant};

use futures_util::{Stream, future::join_all};

use super::{
    StoredGeneration,
    driving::{Driver, run},
    index::{Index, IndexEntry},
    node::{GenerationNode, channel_name},
    owner::OWNER,
};
use crate::{
    Event, EventItem, Hub, Stored,
    generation::{GenerationEnd, GenerationError, GenerationOptions, events::last_events},
    store::Epoch,
    sync::{Mutex, lock},
};

/// The most generations that one call removes.
const MAX_REMOVALS: usize = 32;

/// [`Generations`](super::super::Generations) over a hub with a store, which all nodes share.
///
/// A generation runs on the node that has started it. On any node, clients attach to it, resume it by the same ids,
/// keep it from being abandoned, and stop it. If its node dies, its clients get an end, after
/// [`HubOptions::presence_lease`](crate::HubOptions::presence_lease), 15 s by default, in place of waiting for ever.
///
/// ```
/// use futures_util::{StreamExt, stream};
/// use tower_sse::{Event, GenerationEnd, GenerationOptions, Hub, HubOptions, StoredGenerations};
/// use tower_sse::store::{MemoryStore, MemoryStoreOptions};
///
/// # #[cfg(feature = "tokio")]
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), tower_sse::BoxError> {
/// let store = MemoryStore::new(MemoryStoreOptions::new());
/// let one = Hub::open(store.clone(), HubOptions::new()).await?;
/// let other = Hub::open(store, HubOptions::new()).await?;
/// let here = StoredGenerations::new(&one, GenerationOptions::new())?;
/// let there = StoredGenerations::new(&other, GenerationOptions::new())?;
///
/// let words = stream::iter(["one"]).chain(stream::pending());
/// let last_events = |_| vec![Event::new("[DONE]")];
/// let (_, driver) = here.start("chat/7", words, last_events).await?;
/// let driver = tokio::spawn(driver);
///
/// // Another node serves the client, and stops the generation.
/// let generation = there.get("chat/7").await?.expect("it runs");
/// let mut stream = generation.attach(None).await?;
/// assert!(stream.next().await.unwrap()?.as_bytes().starts_with(b"data: one\n"));
/// generation.stop().await?;
/// assert!(stream.next().await.unwrap()?.as_bytes().starts_with(b"data: [DONE]\n"));
/// assert!(stream.next().await.is_none());
/// assert_eq!(driver.await?, GenerationEnd::Stopped);
/// # Ok(())
/// # }
/// # #[cfg(not(feature = "tokio"))] fn main() {}
/// ```
///
/// # What the store keeps
///
/// Each generation is a topic, whose history is bounded by the options of the store. So give the store room for the
/// longest answer: [`MemoryStoreOptions::max_entries`](crate::store::MemoryStoreOptions::max_entries), for example, is
/// 1,000 events by default. What the store has dropped is [`GenerationError::Evicted`].
/// [`GenerationOptions::max_bytes`] with [`OverflowPolicy::end`](crate::OverflowPolicy::end) ends a generation that is
/// larger; [`OverflowPolicy::evict`](crate::OverflowPolicy::evict) leaves the bound to the store.
///
/// A keyed topic has the list of all generations. An ended one stays in it for the
/// [`linger`](GenerationOptions::linger) time after a node has first seen the end, and is then removed by the next
/// call on any node. The bound [`max_generations`](GenerationOptions::max_generations) is for all nodes
/// together, and 10,000 at most. It counts those that can be attached to, too, and none of them is replaced to make room.
///
/// In the hub, each generation is a channel ([`HubOptions::max_channels`](crate::HubOptions::max_channels)), of which
/// no client can be given the name: it is [reserved](crate::ChannelError::Reserved).
///
/// # Ids
///
/// All generations of a hub share its sequence of numbers. An id of an earlier generation of the same key is known to
/// be of another one, but not the id of a generation of another key that ran at the same time. So the client must send
/// an id back to the key from which it got it.
#[derive(Clone)]
pub struct StoredGenerations {
    node: GenerationNode,
    /// When this node has first seen that a generation has ended.
    ended: Arc<Mutex<HashMap<Arc<str>, Instant>>>,
}

impl StoredGenerations {
    /// Creates the handle of one node. All nodes must have the same options.
    ///
    /// # Errors
    ///
    /// Fails with [`GenerationError::Channel`] if the hub has no room for a channel.
    pub fn new(hub: &Hub<Stored>, options: GenerationOptions) -> Result<Self, GenerationError> {
        Ok(Self {
            node: GenerationNode {
                index: Index::of(hub)?,
                hub: hub.clone(),
                options: Arc::new(options),
            },
            ended: Arc::default(),
        })
    }

    /// Starts a generation on this node, as [`Generations::start`](super::super::Generations::start) does.
    ///
    /// `last_events` is called once more at the start, with [`GenerationEnd::Failed`]: the store keeps these events for
    /// clients whose generation's node dies.
    ///
    /// # Errors
    ///
    /// Fails with [`GenerationError::Running`] if a generation with this key runs on any node, with
    /// [`GenerationError::TooMany`] if too many do, with [`GenerationError::Channel`] if the key is empty, has control
    /// characters, or is longer than about 200 bytes, and with [`GenerationError::Unavailable`] if the store cannot be
    /// reached in time.
    pub async fn start<S, L>(
        &self,
        key: &str,
        stream: S,
        last: L,
    ) -> Result<
        (
            StoredGeneration,
            impl Future<Output = GenerationEnd> + use<S, L>,
        ),
        GenerationError,
    >
    where
        S: Stream,
        S::Item: EventItem,
        L: Fn(GenerationEnd) -> Vec<Event>,
    {
        let old = self.check_start(key).await?;
        let name = format!("{key}/{}", Epoch::draw().as_str());
        let channel = self.node.channel(&name)?;
        // Before the others see the generation, so that they see its node.
        let presence = self.node.hub.generation_subscriber(OWNER);
        let orders = presence.subscribe([&*channel_name(&name)]).await;
        let orders = orders.map_err(GenerationError::Channel)?;
        let lost = last_events(&last, GenerationEnd::Failed);
        let start = self.node.index.begin(&name, &lost).await?;
        if self
            .node
            .index
            .get(key)
            .await?
            .is_none_or(|first| *first.name != *name)
        {
            // Another node was faster.
            self.node.index.remove(&name).await;
            return Err(GenerationError::Running);
        }
        for old in old {
            self.node.index.remove(&old.name).await;
        }
        let nodes = self.node.nodes(&name).await?;
        let handle = StoredGeneration::new(self.node.clone(), name.clone());
        let driver = Driver {
            node: self.node.clone(),
            name,
            start,
            channel,
            orders: orders.detached(),
            nodes,
        };
        Ok((handle, run(driver, stream, last)))
    }

    /// Returns the generation with this key, if it runs on any node or has ended recently.
    ///
    /// # Errors
    ///
    /// Fails with [`GenerationError::Unavailable`] if the store cannot be read in time.
    pub async fn get(&self, key: &str) -> Result<Option<StoredGeneration>, GenerationError> {
        self.sweep().await?;
        let entry = self.node.index.get(key).await?;
        Ok(entry.map(|entry| StoredGeneration::new(self.node.clone(), entry.name.to_string())))
    }

    /// Returns the generations of the key that have ended, unless one runs.
    async fn check_start(&self, key: &str) -> Result<Vec<IndexEntry>, GenerationError> {
        self.sweep().await?;
        let mut entries = self.node.index.entries().await?;
        let max = self.node.options.max_generations;
        let count = entries.len();
        entries.retain(|entry| entry.key() == key);
        if entries.iter().any(IndexEntry::is_running) {
            return Err(GenerationError::Running);
        }
        match count - entries.len() >= max {
            true => Err(GenerationError::TooMany { max }),
            false => Ok(entries),
        }
    }

    /// Removes generations that have ended long ago.
    async fn sweep(&self) -> Result<(), GenerationError> {
        let entries = self.node.index.entries().await?;
        let now = self.node.options.timer().now();
        let ended = entries.into_iter().filter(|entry| !entry.is_running());
        let due: Vec<_> = {
            let mut seen = lock(&self.ended);
            let ended: HashMap<_, _> = ended
                .map(|entry| {
                    (
                        Arc::clone(&entry.name),
                        seen.get(&entry.name).copied().unwrap_or(now),
                    )
                })
                .collect();
            *seen = ended;
            let is_due =
                |since: &Instant| now.saturating_duration_since(*since) >= self.node.options.linger;
            let due = seen.iter().filter(|(_, since)| is_due(since));
            due.map(|(name, _)| Arc::clone(name))
                .take(MAX_REMOVALS)
                .collect()
        };
        join_all(due.iter().map(|name| self.node.index.remove(name))).await;
        Ok(())
    }
}

impl fmt::Debug for StoredGenerations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredGenerations")
            .field("hub", &self.node.hub)
            .field("options", &self.node.options)
            .finish_non_exhaustive()
    }
}
