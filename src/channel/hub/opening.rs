//! Opening a hub over a store.

use std::sync::Arc;

use futures_util::future::{OptionFuture, join};

use super::{
    HubOptions, followed::FollowedHub, node::Node, outages::Outages, presence_task::PresenceTask,
    shared::HubShared,
};
use crate::{
    channel::{
        node::{
            CommitOptions, Committer, FollowOptions, Follower, PageOptions, Pages, Seen,
            SharedStore,
        },
        presence::NodePresence,
    },
    store::{HubStore, Outage, Position, StoreError, StoreErrorKind},
};

impl HubShared {
    /// Opens a hub over a store, and follows the store until the hub is closed for good.
    pub(in crate::channel) async fn open(
        store: impl HubStore,
        options: HubOptions,
    ) -> Result<Arc<Self>, StoreError> {
        let Some(executor) = options.executor.clone() else {
            let text = "a hub over a store needs an executor (`HubOptions::executor`)";
            return Err(StoreError::with_source(StoreErrorKind::Refused, text));
        };
        let timer = options.channels.timer.clone();
        let store = SharedStore::new(store);
        let end = timer.after(options.publish_timeout);
        let head = timer.until(end, store.read(&[], Position::ZERO, 1)).await;
        let head = head
            .unwrap_or_else(|| Err(StoreError::new(StoreErrorKind::Unavailable)))?
            .head;

        let seen = Arc::new(Seen::default());
        let mut commits = CommitOptions::new();
        commits.waiting_bytes = options.max_waiting_bytes;
        commits.timeout = options.publish_timeout;
        let mut pages = PageOptions::new();
        pages.timeout = options.backfill_timeout;
        let mut following = FollowOptions::new();
        // The lease of another node ends only while a silent tail is known to be complete.
        following.idle = following.idle.min(options.presence_lease / 3);
        let node = Node::new(
            Committer::new(
                store.clone(),
                Arc::clone(&seen),
                timer.clone(),
                executor.clone(),
                commits,
            ),
            Pages::new(
                store.clone(),
                Arc::clone(&seen),
                timer.clone(),
                executor.clone(),
                pages,
            ),
            executor.clone(),
            options.backfill_timeout,
            Outages::new(options.outage_recorder),
            NodePresence::new(options.presence_lease, options.max_waiting_bytes),
        );
        let stop = node.stop.clone();
        let hub = Arc::new(Self::over_store(options, head.epoch, node));
        let log = Arc::new(FollowedHub::new(&hub));
        let follower = Follower::new(store, log, seen, timer, following);
        let presence = PresenceTask::of(&hub);
        // One task, so that a hub without a presence has no more of them.
        executor.spawn(async {
            let presence = OptionFuture::from(presence.map(PresenceTask::run));
            join(follower.run(stop.stopped()), presence).await;
        });
        if hub.has_caught_up().await {
            return Ok(hub);
        }
        let error = hub.outage().map(|outage| outage.error);
        Err(error.unwrap_or(StoreError::new(StoreErrorKind::Unavailable)))
    }

    /// Returns the outage of the store, if it cannot be followed.
    pub(in crate::channel) fn outage(&self) -> Option<Outage> {
        self.node.as_ref()?.outages.present()
    }

    async fn has_caught_up(&self) -> bool {
        match &self.node {
            Some(node) => node.wait_until(&self.timer, || node.is_caught_up()).await,
            None => true,
        }
    }
}
