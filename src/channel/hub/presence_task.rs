//! The part of a hub's task that shares its presence with other nodes.

use std::{
    future::{Future, pending},
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    sync::{Arc, Weak},
    time::{Duration, Instant},
};

use futures_util::future::{join, select};

use super::{shared::HubShared, stop::Stop};
use crate::{
    channel::{node::Committer, presence::NodePresence},
    time::SharedTimer,
};

/// The pause after a message that was not stored.
const PAUSE: Duration = Duration::from_secs(1);

/// Sends what the other nodes have to know, and removes the names that leave. It does not keep the hub.
pub(super) struct PresenceTask {
    hub: Weak<HubShared>,
    presence: Arc<NodePresence>,
    committer: Committer,
    timer: SharedTimer,
    stop: Stop,
}

impl PresenceTask {
    pub(super) fn of(hub: &Arc<HubShared>) -> Option<Self> {
        let node = hub.node.as_ref()?;
        Some(Self {
            hub: Arc::downgrade(hub),
            presence: Arc::clone(&node.presence),
            committer: node.committer.clone(),
            timer: hub.timer.clone(),
            stop: node.stop.clone(),
        })
    }

    /// Runs until the hub is closed, and then says goodbye.
    pub(super) async fn run(self) {
        // Apart, because a store that cannot be written can still be read.
        let work = async { join(self.send(), self.tidy()).await };
        // What it was sending stays in the queue, before the goodbye.
        select(pin!(work), pin!(self.stop.clone().stopped())).await;
        if let Some(goodbye) = self.presence.goodbye() {
            let _ = self.committer.publish(vec![goodbye]).await;
        }
    }

    async fn send(&self) {
        loop {
            let now = self.timer.now();
            let due = self.presence.next_sending(now);
            if due.is_none_or(|due| due > now) {
                self.wait(self.presence.sending_changed(), due).await;
                continue;
            }
            let messages = self.presence.take_messages(now);
            for (index, message) in messages.iter().enumerate() {
                // One after the other: what the store has of them is a beginning.
                let entries = vec![message.entry()];
                if self.committer.publish(entries).await.is_err() {
                    let left = &messages[index..];
                    self.presence.take_back(left, self.timer.now());
                    self.timer.sleep(PAUSE).await;
                    break;
                }
            }
        }
    }

    async fn tidy(&self) {
        loop {
            let tidy = || self.hub.upgrade().and_then(|hub| hub.tidy_presence());
            // It may drop what belongs to the user. A panic there must not end the task.
            let due = catch_unwind(AssertUnwindSafe(tidy)).unwrap_or(None);
            let changed = self.presence.departures_changed();
            self.wait(changed, due).await;
        }
    }

    /// Waits for a change, or until a moment.
    async fn wait(&self, changed: impl Future<Output = ()>, due: Option<Instant>) {
        let due = async {
            match due {
                Some(due) => self.timer.sleep_until(due).await,
                None => pending().await,
            }
        };
        select(pin!(changed), pin!(due)).await;
    }
}
