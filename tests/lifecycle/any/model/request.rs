use tower_sse::RejectReason;

use super::limits::{Limits, QueueId};
use crate::any::{
    commands::{Kind, Opening},
    config::Config,
    report::Side,
};

/// A request on its way to the handler and back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) id: usize,
    pub(crate) opening: Opening,
    /// Whether it arrived before the shutdown of each layer.
    came_before: [bool; 2],
    entries: [Entry; 2],
    /// The limits in which it has claimed a place or looked for one.
    claimed: Vec<QueueId>,
    /// Whether the handler has received it.
    pub(crate) is_handled: bool,
    /// Whether the handler can respond.
    pub(crate) is_ready: bool,
}

/// What a layer decides before the handler.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Entry {
    /// Nothing: it decides when the handler has responded with a stream.
    Undecided,
    /// The request needs these places first, and waits for them until this time.
    Claiming(Vec<QueueId>, Option<u64>),
    Decided,
}

/// The outcome of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Stream,
    /// The head of a stream.
    Head,
    /// The handler's own response, which is no stream.
    NotFound,
    /// The client has sent the id of an event that asked it not to reconnect.
    Stopped,
    /// Rejected by a layer, before the handler or after it.
    Rejected(Side, RejectReason),
}

/// What a request depends on.
pub(crate) struct Surroundings<'a> {
    pub(crate) config: &'a Config,
    pub(crate) now: u64,
    /// Whether each layer's shutdown has begun.
    pub(crate) is_shut_down: [bool; 2],
    pub(crate) limits: &'a mut Limits,
}

impl Request {
    pub(crate) fn new(id: usize, opening: Opening, at: &mut Surroundings<'_>) -> Self {
        let mut claimed = Vec::new();
        let entries = [Side::Outer, Side::Inner].map(|side| {
            let layer = at.config.layer(side);
            if !layer.is_some_and(|layer| layer.expects_stream(opening.client)) {
                return Entry::Undecided;
            }
            let mut queues = at.limits.queues_of(at.config, side, opening.key);
            queues.retain(|queue| !claimed.contains(queue));
            let queues = at.limits.early(&queues);
            claimed.extend(&queues);
            Entry::Claiming(queues, None)
        });
        let [outer, inner] = entries;
        Self {
            id,
            opening,
            came_before: at.is_shut_down.map(|begun| !begun),
            entries: [inner, outer],
            claimed,
            is_handled: false,
            is_ready: !opening.is_slow,
        }
    }

    /// Returns the outcome, if it is decided.
    pub(crate) fn poll(&mut self, at: &mut Surroundings<'_>) -> Option<Outcome> {
        let sides = at.config.sides();
        for side in sides.clone().rev() {
            if self.is_stopped(side, at.config) {
                return Some(Outcome::Stopped);
            }
            if let Err(reason) = self.enter(side, at)? {
                return Some(Outcome::Rejected(side, reason));
            }
        }
        self.is_handled = true;
        if !self.is_ready {
            return None;
        }
        if self.opening.kind == Kind::NotFound {
            return Some(Outcome::NotFound);
        }
        for side in sides {
            if let Err(reason) = self.admit(side, at) {
                return Some(Outcome::Rejected(side, reason));
            }
        }
        Some(match self.opening.client.is_head() {
            true => Outcome::Head,
            false => Outcome::Stream,
        })
    }

    /// Returns how far the request has come. (Waiting for another place than before is no progress.)
    pub(crate) fn progress(&self) -> impl PartialEq + use<> {
        let waits = |entry: &Entry| matches!(entry, Entry::Claiming(..));
        (self.entries.each_ref().map(waits), self.is_handled)
    }

    /// Returns `true` if it has waited as long as it may.
    pub(crate) fn is_late(&self, now: u64) -> bool {
        let mut entries = self.entries.iter();
        entries.any(|entry| matches!(entry, Entry::Claiming(_, Some(until)) if *until <= now))
    }

    /// Returns `true` if the client has sent an id with which this layer stops clients.
    fn is_stopped(&self, side: Side, config: &Config) -> bool {
        let layer = config.layer(side).unwrap();
        let client = self.opening.client;
        client.was_stopped && client.reads() && layer.stops_clients()
    }

    /// Passes a layer on the way to the handler. Returns `None` while the request waits for a place.
    fn enter(&mut self, side: Side, at: &mut Surroundings<'_>) -> Option<Result<(), RejectReason>> {
        let entry = &mut self.entries[side as usize];
        let Entry::Claiming(queues, until) = entry else {
            return Some(Ok(()));
        };
        if at.is_shut_down[side as usize] {
            return Some(Err(RejectReason::ShutDown));
        }
        if self.opening.client.is_head() {
            let looked = at.limits.look(queues);
            *entry = Entry::Decided;
            return Some(looked);
        }
        let mut decided = Ok(());
        if let Err(full) = at.limits.take_all(queues, self.id) {
            let wait = at.config.layer(side).unwrap().wait();
            if wait > 0 {
                let until = *until.get_or_insert(at.now + wait);
                if at.now < until && at.limits.wait(full, self.id) {
                    return None;
                }
            }
            decided = at.limits.decide(queues, self.id);
        }
        *entry = Entry::Decided;
        Some(decided)
    }

    /// Passes a layer on the way back, which admits the stream unless it did so before the handler.
    fn admit(&mut self, side: Side, at: &mut Surroundings<'_>) -> Result<(), RejectReason> {
        let is_head = self.opening.client.is_head();
        if is_head && self.entries[side as usize] == Entry::Decided {
            return Ok(());
        }
        if at.is_shut_down[side as usize] && !self.came_before[side as usize] {
            return Err(RejectReason::ShutDown);
        }
        let mut queues = at.limits.queues_of(at.config, side, self.opening.key);
        queues.retain(|queue| !self.claimed.contains(queue));
        self.claimed.extend(&queues);
        match is_head {
            true => at.limits.look(&queues),
            false => at.limits.decide(&queues, self.id),
        }
    }
}
