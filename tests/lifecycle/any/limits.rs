use std::{collections::BTreeMap, mem};

use tower_sse::RejectReason;

use super::{room::Room, setting::Setting, told::Side};

/// All limits, and the requests and streams that have places in them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Limits {
    rooms: BTreeMap<RoomId, Room>,
    /// The streams that were told to end, and not noticed yet.
    evicted: Vec<usize>,
    /// Whether the limits of the inner layer and of the outer one evict streams.
    evicting: [bool; 2],
}

/// A limit of a layer, of which each key counts by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct RoomId {
    /// The layer that has made it: the inner one, if both share it.
    is_outer: bool,
    key: Option<usize>,
}

impl RoomId {
    fn reason(self) -> RejectReason {
        match self.key {
            Some(_) => RejectReason::TooManyOfKey,
            None => RejectReason::TooMany,
        }
    }
}

impl Limits {
    /// Returns the places that a request needs in a layer.
    pub(crate) fn rooms_of(
        &mut self,
        setting: &Setting,
        side: Side,
        key: Option<usize>,
    ) -> Vec<RoomId> {
        let Some(layer) = setting.layer(side) else {
            return Vec::new();
        };
        let is_outer = side == Side::Outer && !setting.shares_limits;
        let of_all = layer.most.map(|cap| (cap, None));
        let caps = layer.most.iter().chain(&layer.most_per_key);
        self.evicting[usize::from(is_outer)] =
            caps.into_iter().any(|cap| cap.evicts && cap.most > 0);
        let of_key = layer.most_per_key.filter(|_| key.is_some());
        let caps = of_all.into_iter().chain(of_key.map(|cap| (cap, key)));
        let rooms = caps.map(|(cap, key)| {
            let id = RoomId { is_outer, key };
            let room = self.rooms.entry(id);
            room.or_insert_with(|| Room::new(cap.most, cap.evicts));
            id
        });
        rooms.collect()
    }

    /// Takes all places or none, and returns which is full.
    pub(crate) fn take_all(&mut self, rooms: &[RoomId], id: usize) -> Result<(), RoomId> {
        for (place, room) in rooms.iter().enumerate() {
            if !self.room(*room).take(id) {
                self.give_back(&rooms[..place], id);
                return Err(*room);
            }
        }
        self.stop_waiting(rooms, id);
        Ok(())
    }

    pub(crate) fn wait(&mut self, room: RoomId, id: usize) -> bool {
        self.room(room).wait(id)
    }

    /// Returns the places that can be had before the handler: in limits that refuse, unless a stream
    /// will be evicted, which may make room in them.
    pub(crate) fn early(&self, rooms: &[RoomId]) -> Vec<RoomId> {
        let rooms = || rooms.iter().copied();
        match rooms().any(|room| self.rooms[&room].to_evict().is_some()) {
            true => Vec::new(),
            false => rooms().filter(|room| !self.rooms[room].evicts()).collect(),
        }
    }

    /// Takes all places or none at once, by eviction if need be.
    pub(crate) fn decide(&mut self, rooms: &[RoomId], id: usize) -> Result<(), RejectReason> {
        while let Err(full) = self.take_all(rooms, id) {
            let own = [full];
            let candidates = match self.rooms[&full].evicts() {
                true => &own[..],
                false => rooms,
            };
            let mut oldest = candidates.iter().map(|room| self.rooms[room].to_evict());
            let Some(oldest) = oldest.find_map(|oldest| oldest) else {
                return Err(full.reason());
            };
            self.evict(oldest);
        }
        Ok(())
    }

    /// Takes the places away that a stream has in layers which evict, and has it end.
    fn evict(&mut self, id: usize) {
        let evicting = self.evicting;
        for (room, places) in &mut self.rooms {
            if evicting[usize::from(room.is_outer)] {
                places.leave(id);
            }
        }
        self.evicted.push(id);
    }

    /// Returns why a stream would be refused.
    pub(crate) fn look(&mut self, rooms: &[RoomId]) -> Result<(), RejectReason> {
        let mut rooms = rooms.iter().copied();
        if rooms
            .clone()
            .any(|room| self.rooms[&room].to_evict().is_some())
        {
            return Ok(());
        }
        match rooms.find(|room| self.rooms[room].is_full()) {
            Some(room) => Err(room.reason()),
            None => Ok(()),
        }
    }

    /// Gives back all that a request or its stream has.
    pub(crate) fn leave(&mut self, id: usize) {
        self.rooms.values_mut().for_each(|room| room.leave(id));
    }

    pub(crate) fn take_evicted(&mut self) -> Vec<usize> {
        self.rooms.values().for_each(Room::assert_in_bounds);
        mem::take(&mut self.evicted)
    }

    pub(crate) fn are_unused(&self) -> bool {
        self.rooms.values().all(Room::is_unused)
    }

    fn give_back(&mut self, rooms: &[RoomId], id: usize) {
        rooms.iter().for_each(|room| self.room(*room).leave(id));
    }

    fn stop_waiting(&mut self, rooms: &[RoomId], id: usize) {
        let rooms = rooms.iter();
        rooms.for_each(|room| self.room(*room).stop_waiting(id));
    }

    fn room(&mut self, id: RoomId) -> &mut Room {
        self.rooms.get_mut(&id).unwrap()
    }
}
