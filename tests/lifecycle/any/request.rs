use tower_sse::RejectReason;

use super::{
    limits::{Limits, RoomId},
    setting::{Kind, Opening, Setting},
    told::Side,
};

/// A request on its way to the handler and back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) id: usize,
    pub(crate) opening: Opening,
    /// Whether it came before each layer's shutdown.
    came_before: [bool; 2],
    entries: [Entry; 2],
    /// The places that it has claimed or looked at.
    claimed: Vec<RoomId>,
    /// Whether the handler has it.
    pub(crate) is_handled: bool,
    /// Whether the handler is ready to answer.
    pub(crate) is_answered: bool,
}

/// How far it has come with a layer.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Entry {
    /// The layer decides when there is a stream.
    Undecided,
    /// It is to have places first, and waits for them until then.
    Claiming(Vec<RoomId>, Option<u64>),
    Decided,
}

/// What becomes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Stream,
    /// The head of a stream.
    Head,
    /// The handler's own answer, which is no stream.
    NotFound,
    /// The client came with the id that says to stay away.
    Stopped,
    /// By a layer, before the handler or after it.
    Refused(Side, RejectReason),
}

/// What a request can see of the world.
pub(crate) struct Surroundings<'a> {
    pub(crate) setting: &'a Setting,
    pub(crate) now: u64,
    /// Whether each layer's shutdown has begun.
    pub(crate) is_shut_down: [bool; 2],
    pub(crate) limits: &'a mut Limits,
}

impl Request {
    pub(crate) fn new(id: usize, opening: Opening, at: &mut Surroundings<'_>) -> Self {
        let mut claimed = Vec::new();
        let entries = [Side::Outer, Side::Inner].map(|side| {
            let layer = at.setting.layer(side);
            if !layer.is_some_and(|layer| layer.expects_stream(opening.client)) {
                return Entry::Undecided;
            }
            let mut rooms = at.limits.rooms_of(at.setting, side, opening.key);
            rooms.retain(|room| !claimed.contains(room));
            let rooms = at.limits.early(&rooms);
            claimed.extend(&rooms);
            Entry::Claiming(rooms, None)
        });
        let [outer, inner] = entries;
        Self {
            id,
            opening,
            came_before: at.is_shut_down.map(|begun| !begun),
            entries: [inner, outer],
            claimed,
            is_handled: false,
            is_answered: !opening.is_slow,
        }
    }

    /// Returns what becomes of the request, if that is known now.
    pub(crate) fn poll(&mut self, at: &mut Surroundings<'_>) -> Option<Outcome> {
        let sides = at.setting.sides();
        for side in sides.clone().rev() {
            if self.is_stopped(side, at.setting) {
                return Some(Outcome::Stopped);
            }
            if let Err(reason) = self.enter(side, at)? {
                return Some(Outcome::Refused(side, reason));
            }
        }
        self.is_handled = true;
        if !self.is_answered {
            return None;
        }
        if self.opening.kind == Kind::NotFound {
            return Some(Outcome::NotFound);
        }
        for side in sides {
            if let Err(reason) = self.admit(side, at) {
                return Some(Outcome::Refused(side, reason));
            }
        }
        Some(match self.opening.client.is_head() {
            true => Outcome::Head,
            false => Outcome::Stream,
        })
    }

    /// Returns how far it has come. (To wait for another place than before is no progress.)
    pub(crate) fn progress(&self) -> impl PartialEq + use<> {
        let waits = |entry: &Entry| matches!(entry, Entry::Claiming(..));
        (self.entries.each_ref().map(waits), self.is_handled)
    }

    /// Returns `true` if its time to wait is over.
    pub(crate) fn is_late(&self, now: u64) -> bool {
        let mut entries = self.entries.iter();
        entries.any(|entry| matches!(entry, Entry::Claiming(_, Some(until)) if *until <= now))
    }

    /// Returns `true` if a layer knows the id that says to stay away, and the client came with it.
    fn is_stopped(&self, side: Side, setting: &Setting) -> bool {
        let layer = setting.layer(side).unwrap();
        let client = self.opening.client;
        client.was_stopped && client.reads() && layer.stops_clients()
    }

    /// Passes a layer on the way to the handler. `None` while it waits for a place.
    fn enter(&mut self, side: Side, at: &mut Surroundings<'_>) -> Option<Result<(), RejectReason>> {
        let entry = &mut self.entries[side as usize];
        let Entry::Claiming(rooms, until) = entry else {
            return Some(Ok(()));
        };
        if at.is_shut_down[side as usize] {
            return Some(Err(RejectReason::ShutDown));
        }
        if self.opening.client.is_head() {
            let looked = at.limits.look(rooms);
            *entry = Entry::Decided;
            return Some(looked);
        }
        let mut decided = Ok(());
        if let Err(full) = at.limits.take_all(rooms, self.id) {
            let wait = at.setting.layer(side).unwrap().wait();
            if wait > 0 {
                let until = *until.get_or_insert(at.now + wait);
                if at.now < until && at.limits.wait(full, self.id) {
                    return None;
                }
            }
            decided = at.limits.decide(rooms, self.id);
        }
        *entry = Entry::Decided;
        Some(decided)
    }

    /// Has a layer admit the stream, if it has not done so before the handler.
    fn admit(&mut self, side: Side, at: &mut Surroundings<'_>) -> Result<(), RejectReason> {
        let is_head = self.opening.client.is_head();
        if is_head && self.entries[side as usize] == Entry::Decided {
            return Ok(());
        }
        if at.is_shut_down[side as usize] && !self.came_before[side as usize] {
            return Err(RejectReason::ShutDown);
        }
        let mut rooms = at.limits.rooms_of(at.setting, side, self.opening.key);
        rooms.retain(|room| !self.claimed.contains(room));
        self.claimed.extend(&rooms);
        match is_head {
            true => at.limits.look(&rooms),
            false => at.limits.decide(&rooms, self.id),
        }
    }
}
