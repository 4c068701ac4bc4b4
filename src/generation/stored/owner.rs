//! The node that drives a generation, as the others see it.

use std::{
    task::{Context, Poll, ready},
    time::{Duration, Instant},
};

use futures_util::StreamExt;

use crate::{
    Hub, Presence, Stored, Subscription,
    time::{ResettableSleep, SharedTimer},
};

/// The name of the node that drives a generation, in the presence of its channel.
pub(super) const OWNER: &str = "owner";

/// The name of nodes with listeners.
pub(super) const LISTENER: &str = "listener";

/// The presence of the channel of a generation, and its changes.
#[derive(Debug)]
pub(super) struct Nodes {
    presence: Presence,
    changes: Subscription,
}

impl Nodes {
    pub(super) fn new(presence: Presence, changes: Subscription) -> Self {
        Self {
            presence,
            changes: changes.detached(),
        }
    }

    /// Returns `true` if the name is present. The task is woken when that may have changed.
    pub(super) fn has(&mut self, name: &str, cx: &mut Context<'_>) -> bool {
        while let Poll::Ready(Some(_)) = self.changes.poll_next_unpin(cx) {}
        let names = self.presence.names();
        names.iter().any(|present| **present == *name)
    }
}

/// Waits until the node that drives a generation is gone.
#[derive(Debug)]
pub(super) struct OwnerWatch {
    sleep: ResettableSleep,
    lease: Duration,
    /// By when it must have been seen: a node that was just opened does not know the others yet.
    seen_by: Option<Instant>,
}

impl OwnerWatch {
    pub(super) fn new(timer: SharedTimer, lease: Duration) -> Self {
        Self {
            seen_by: Some(timer.after(lease)),
            sleep: ResettableSleep::new(timer),
            lease,
        }
    }

    pub(super) fn poll_gone(
        &mut self,
        nodes: &mut Nodes,
        hub: &Hub<Stored>,
        cx: &mut Context<'_>,
    ) -> Poll<()> {
        loop {
            if nodes.has(OWNER, cx) {
                self.seen_by = None;
                return Poll::Pending;
            }
            let Some(due) = self.seen_by else {
                return Poll::Ready(());
            };
            ready!(self.sleep.poll(due, cx));
            if hub.outage().is_none() {
                return Poll::Ready(());
            }
            // While the store is away, no node hears of another.
            self.rest();
        }
    }

    /// Waits for the time of another lease before the next answer.
    pub(super) fn rest(&mut self) {
        self.seen_by = Some(self.sleep.now() + self.lease);
    }
}
