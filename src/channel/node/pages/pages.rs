//! The pages of a node.

use std::{fmt, sync::Arc, time::Instant};

use super::{options::PageOptions, place::NodePlace, reading::Reading};
use crate::{
    channel::node::{
        backoff::Backoff, executor::SharedExecutor, seen::Seen, shared_store::SharedStore,
    },
    store::{Epoch, Head, Page, Position, StoreError, Topic},
    sync::Semaphore,
    time::SharedTimer,
};

/// Reads from the store for the subscriptions of a node. Clones share the bound.
#[derive(Clone)]
pub(in crate::channel) struct Pages {
    shared: Arc<Shared>,
    executor: SharedExecutor,
}

struct Shared {
    store: SharedStore,
    seen: Arc<Seen>,
    timer: SharedTimer,
    options: PageOptions,
    turns: Semaphore,
}

/// The page that a subscription needs.
#[derive(Clone, Debug)]
pub(in crate::channel) struct PageRequest {
    /// All topics of the subscription: a page is read at one moment.
    pub(in crate::channel) topics: Vec<Topic>,
    pub(in crate::channel) after: Position,
    /// The epoch of the subscription.
    pub(in crate::channel) epoch: Epoch,
    /// The position of the node.
    pub(in crate::channel) upto: Position,
}

impl Pages {
    /// Creates the pages of a node, which share `seen` with the node's follower.
    pub(in crate::channel) fn new(
        store: SharedStore,
        seen: Arc<Seen>,
        timer: SharedTimer,
        executor: SharedExecutor,
        options: PageOptions,
    ) -> Self {
        let turns = Semaphore::new(options.concurrent.min(Semaphore::MAX_PERMITS));
        let shared = Shared {
            store,
            seen,
            timer,
            options,
            turns,
        };
        Self {
            shared: Arc::new(shared),
            executor,
        }
    }

    /// Reads a page. When it is there, the node has reached the starts of all topics.
    pub(in crate::channel) fn fetch(
        &self,
        node: Arc<impl NodePlace>,
        request: PageRequest,
    ) -> Reading<Page> {
        let shared = Arc::clone(&self.shared);
        Reading::spawn(&self.executor, async move {
            let PageRequest {
                topics,
                after,
                epoch,
                upto,
            } = request;
            // A store of another epoch, or behind the node, is no answer: the follower finds out. Nor is a page
            // that leads nowhere, which would be read again at once.
            let is_answer = |page: &Page| {
                let is_progress = page.upto > after || page.upto >= upto;
                page.head.epoch == epoch && page.head.last >= upto && is_progress
            };
            let deadline = shared.timer.after(shared.options.timeout);
            let page = shared.read_until(&topics, after, deadline, is_answer);
            let page = page.await?;
            let starts = page.starts.iter().map(|(_, start)| *start);
            let reached = node.reached(starts.max().unwrap_or_default());
            let is_reached = shared.timer.until(deadline, reached).await?;
            is_reached.then_some(page)
        })
    }

    /// Reads the state of the store for an id that the node cannot know, once the store has the epoch of the
    /// node.
    pub(in crate::channel) fn locate(&self, node: Arc<impl NodePlace>) -> Reading<Head> {
        let shared = Arc::clone(&self.shared);
        Reading::spawn(&self.executor, async move {
            let is_answer = |page: &Page| node.epoch() == Some(page.head.epoch);
            let deadline = shared.timer.after(shared.options.timeout);
            let page = shared.read_until(&[], Position::ZERO, deadline, is_answer);
            Some(page.await?.head)
        })
    }
}

impl Shared {
    async fn read_until(
        &self,
        topics: &[Topic],
        after: Position,
        deadline: Instant,
        is_answer: impl Fn(&Page) -> bool,
    ) -> Option<Page> {
        let mut backoff = Backoff::new(&self.timer, self.options.pauses);
        while self.timer.now() < deadline {
            let read = self.read(topics, after);
            match self.timer.until(deadline, read).await? {
                Ok(page) if is_answer(&page) => {
                    self.seen.read(page.head);
                    return Some(page);
                }
                Ok(_) => self.seen.doubt(),
                Err(error) if error.is_retryable() => {}
                Err(_) => return None,
            }
            let pause = self.timer.after(backoff.pause());
            self.timer.sleep_until(pause.min(deadline)).await;
        }
        None
    }

    async fn read(&self, topics: &[Topic], after: Position) -> Result<Page, StoreError> {
        let _turn = self.turns.acquire().await;
        let max = self.options.entries;
        let mut page = self.store.read(topics, after, max).await?;
        // A store may return more than it was asked for.
        page.drop_upto(after);
        page.cut(max);
        Ok(page)
    }
}

impl fmt::Debug for Pages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages")
            .field("options", &self.shared.options)
            .finish_non_exhaustive()
    }
}
