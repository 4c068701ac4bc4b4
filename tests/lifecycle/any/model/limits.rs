use std::{collections::BTreeMap, mem};

use tower_sse::RejectReason;

use super::place_queue::PlaceQueue;
use crate::any::{config::Config, report::Side};

/// All limits, and the requests and streams that have places or wait for them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Limits {
    queues: BTreeMap<QueueId, PlaceQueue>,
    /// The streams that were evicted since the last look.
    evicted: Vec<usize>,
    /// Whether the limits of the inner layer and of the outer one evict streams.
    evicting: [bool; 2],
}

/// A limit of a layer, or of one of its keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct QueueId {
    /// Whether the outer layer has made it. The inner layer makes the limits that both share.
    is_outer: bool,
    key: Option<usize>,
}

impl QueueId {
    fn reason(self) -> RejectReason {
        match self.key {
            Some(_) => RejectReason::TooManyOfKey,
            None => RejectReason::TooMany,
        }
    }
}

impl Limits {
    /// Returns the limits of a layer that a request needs a place in.
    pub(crate) fn queues_of(
        &mut self,
        config: &Config,
        side: Side,
        key: Option<usize>,
    ) -> Vec<QueueId> {
        let Some(layer) = config.layer(side) else {
            return Vec::new();
        };
        let is_outer = side == Side::Outer && !config.shares_limits;
        let of_all = layer.max_streams.map(|limit| (limit, None));
        let limits = layer.max_streams.iter().chain(&layer.max_streams_per_key);
        self.evicting[usize::from(is_outer)] = limits
            .into_iter()
            .any(|limit| limit.evicts && limit.max > 0);
        let of_key = layer.max_streams_per_key.filter(|_| key.is_some());
        let limits = of_all.into_iter().chain(of_key.map(|limit| (limit, key)));
        let queues = limits.map(|(limit, key)| {
            let id = QueueId { is_outer, key };
            let queue = self.queues.entry(id);
            queue.or_insert_with(|| PlaceQueue::new(limit.max, limit.evicts));
            id
        });
        queues.collect()
    }

    /// Takes all places, or none if one limit is full, which is returned.
    pub(crate) fn take_all(&mut self, queues: &[QueueId], id: usize) -> Result<(), QueueId> {
        for (place, queue) in queues.iter().enumerate() {
            if !self.queue(*queue).take(id) {
                self.give_back(&queues[..place], id);
                return Err(*queue);
            }
        }
        self.stop_waiting(queues, id);
        Ok(())
    }

    pub(crate) fn wait(&mut self, queue: QueueId, id: usize) -> bool {
        self.queue(queue).wait(id)
    }

    /// Returns the limits that are decided before the handler: those that reject, unless a stream will
    /// be evicted, which may free a place in them.
    pub(crate) fn early(&self, queues: &[QueueId]) -> Vec<QueueId> {
        let queues = || queues.iter().copied();
        match queues().any(|queue| self.queues[&queue].to_evict().is_some()) {
            true => Vec::new(),
            false => queues()
                .filter(|queue| !self.queues[queue].evicts())
                .collect(),
        }
    }

    /// Takes all places or none without waiting, by eviction if necessary.
    pub(crate) fn decide(&mut self, queues: &[QueueId], id: usize) -> Result<(), RejectReason> {
        while let Err(full) = self.take_all(queues, id) {
            let own = [full];
            let candidates = match self.queues[&full].evicts() {
                true => &own[..],
                false => queues,
            };
            let mut oldest = candidates.iter().map(|queue| self.queues[queue].to_evict());
            let Some(oldest) = oldest.find_map(|oldest| oldest) else {
                return Err(full.reason());
            };
            self.evict(oldest);
        }
        Ok(())
    }

    /// Ends a stream, and takes away its places in the layers that evict.
    fn evict(&mut self, id: usize) {
        let evicting = self.evicting;
        for (queue, places) in &mut self.queues {
            if evicting[usize::from(queue.is_outer)] {
                places.release(id);
            }
        }
        self.evicted.push(id);
    }

    /// Returns an error if a stream would be rejected.
    pub(crate) fn look(&mut self, queues: &[QueueId]) -> Result<(), RejectReason> {
        let mut queues = queues.iter().copied();
        if queues
            .clone()
            .any(|queue| self.queues[&queue].to_evict().is_some())
        {
            return Ok(());
        }
        match queues.find(|queue| self.queues[queue].is_full()) {
            Some(queue) => Err(queue.reason()),
            None => Ok(()),
        }
    }

    /// Releases all places and turns of a request or its stream.
    pub(crate) fn release(&mut self, id: usize) {
        self.queues.values_mut().for_each(|queue| queue.release(id));
    }

    pub(crate) fn take_evicted(&mut self) -> Vec<usize> {
        self.queues.values().for_each(PlaceQueue::assert_in_bounds);
        mem::take(&mut self.evicted)
    }

    pub(crate) fn are_unused(&self) -> bool {
        self.queues.values().all(PlaceQueue::is_unused)
    }

    fn give_back(&mut self, queues: &[QueueId], id: usize) {
        queues
            .iter()
            .for_each(|queue| self.queue(*queue).release(id));
    }

    fn stop_waiting(&mut self, queues: &[QueueId], id: usize) {
        let queues = queues.iter();
        queues.for_each(|queue| self.queue(*queue).stop_waiting(id));
    }

    fn queue(&mut self, id: QueueId) -> &mut PlaceQueue {
        self.queues.get_mut(&id).unwrap()
    }
}
