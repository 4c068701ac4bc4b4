//! Waiting for the store of a hub before a subscription begins.

use std::sync::Arc;

use super::{node::Node, shared::HubShared, subscriber::Starts};
use crate::{
    EventId,
    channel::{
        node::{NodePlace, PageRequest, Reading},
        presence::Feed,
        start::StartKind,
    },
    store::{Epoch, Page, Position, Topic},
};

impl HubShared {
    /// Waits until the store has been followed as far as the subscription needs, and notes what it could not find
    /// out. Returns the number after which a client goes on whose id no hub over this store has made.
    pub(in crate::channel) async fn prepare(
        self: &Arc<Self>,
        starts: &mut Starts,
        last: Option<&EventId>,
    ) -> u64 {
        let Some(node) = &self.node else {
            return 0;
        };
        for (_, start) in &mut *starts {
            start.is_unlocated = true;
        }
        let end = self.timer.after(node.timeout);
        let prepared = self.timer.until(end, self.prepare_all(node, starts, last));
        match (prepared.await, last) {
            (Some(restart), _) => restart,
            (None, Some(id)) => self.restart(node, id),
            (None, None) => 0,
        }
    }

    async fn prepare_all(
        self: &Arc<Self>,
        node: &Node,
        starts: &mut Starts,
        last: Option<&EventId>,
    ) -> u64 {
        node.wait(|| node.is_caught_up()).await;
        let restart = match last {
            Some(id) => self.locate(node, id).await.restart,
            None => 0,
        };
        for (channel, start) in starts {
            if channel.options.keyed.is_some() && Feed::of(channel).is_none() {
                self.loaded(channel).await;
            }
            if let StartKind::Since(position) = &start.kind {
                start.is_unlocated = !self.locate(node, position).await.is_certain;
            }
            if let Some(position) = &start.added_at {
                self.locate(node, position).await;
            }
        }
        restart
    }

    /// Returns the number after which a client goes on whose id could not be located in time: not lower than what
    /// another node may have sent already.
    fn restart(&self, node: &Node, id: &EventId) -> u64 {
        match Epoch::parse_any(id.as_str()) {
            Some((epoch, number)) if epoch == self.epoch() && !node.has_applied(number) => number,
            _ => 0,
        }
    }

    /// Waits until the hub has reached the position of an id, which another node may have made.
    async fn locate(self: &Arc<Self>, node: &Node, id: &EventId) -> Location {
        let Some((epoch, number)) = Epoch::parse_any(id.as_str()) else {
            return Location::restart(0);
        };
        let is_reached = || node.has_applied(number);
        if epoch == self.epoch() && is_reached() {
            return Location::restart(0);
        }
        let head = node.pages.locate(Arc::clone(self)).await;
        if epoch != self.epoch() {
            return Location {
                restart: 0,
                is_certain: head.is_some(),
            };
        }
        // Not lower than what another node may have sent already.
        let newest = head
            .map_or(number, |head| head.last.get())
            .max(self.published());
        if number > newest {
            return Location::restart(newest);
        }
        // If the store is emptied meanwhile, nothing of the new epoch has been sent.
        let is_over = || epoch != self.epoch() || is_reached();
        let is_over = node.wait_until(&self.timer, is_over).await || is_over();
        Location::restart(match is_over {
            true => 0,
            false => number.max(self.published()),
        })
    }

    /// Returns the number of a position from which a client may read. `None` if the store does not have the epoch
    /// of the position: it is not known what was published before.
    pub(in crate::channel) fn right_since(&self, position: &EventId) -> Option<u64> {
        if self.node.is_none() {
            return Some(self.kept_number(position));
        }
        let (epoch, number) = Epoch::parse_any(position.as_str())?;
        (epoch == self.epoch()).then_some(number)
    }

    /// Reads a page of the history of these topics.
    pub(in crate::channel) fn fetch(
        self: &Arc<Self>,
        topics: Vec<Topic>,
        after: u64,
        epoch: Epoch,
        upto: u64,
    ) -> Option<Reading<Page>> {
        let request = PageRequest {
            topics,
            after: Position::new(after),
            epoch,
            upto: Position::new(upto),
        };
        let node = self.node.as_ref()?;
        Some(node.pages.fetch(Arc::clone(self), request))
    }
}

/// The number after which a client goes on, and whether that is certain.
struct Location {
    /// The number after which a client goes on if there is no position of its id.
    restart: u64,
    /// Whether it is known what the epoch of the id is to the store.
    is_certain: bool,
}

impl Location {
    fn restart(restart: u64) -> Self {
        Self {
            restart,
            is_certain: true,
        }
    }
}

impl NodePlace for HubShared {
    fn epoch(&self) -> Option<Epoch> {
        let node = self.node.as_ref()?;
        node.is_caught_up().then(|| HubShared::epoch(self))
    }

    async fn reached(&self, position: Position) -> bool {
        match &self.node {
            Some(node) => node.wait(|| node.has_applied(position.get())).await,
            None => true,
        }
    }
}
