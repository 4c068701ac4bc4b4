use super::{
    Client, Hub, LifeId,
    client::Turn,
    start::{Origin, Point},
};
use crate::{
    config::{LagPolicy, NAMES},
    system::{Item, Polled},
};

impl Client {
    /// Checks what a poll has yielded, and how many events are missed by now. Returns `true` if the stream
    /// has ended.
    pub(crate) fn check(&mut self, hub: &mut Hub, polled: &Polled, missed: u64) -> bool {
        self.leave_removed(hub);
        let has_ended = self.check_polled(hub, polled, missed);
        self.applied = self.joined.len();
        has_ended
    }

    fn check_polled(&mut self, hub: &mut Hub, polled: &Polled, missed: u64) -> bool {
        let first = self
            .opening
            .pop_front()
            .map(|item| self.with_id_of_now(hub, item));
        if let Some(notice) = first.or_else(|| self.changes.pop_front()) {
            assert_eq!(*polled, Polled::Item(notice), "the notices");
            assert_eq!(missed, self.missed);
            return false;
        }
        self.pass_evicted_history(hub);
        self.end_empty_snapshots(hub);
        let newly_missed = missed - self.missed;
        self.missed = missed;
        let reported = match polled {
            Polled::Item(Item::Lagged { count, .. }) => *count,
            _ => 0,
        };
        self.check_silent_lag(hub, newly_missed - reported);
        match polled {
            Polled::Item(Item::Event { text, id, .. }) if hub.find(text).key.is_some() => {
                self.check_keyed_event(hub, text, *id);
            }
            Polled::Item(Item::Event { text, id, .. }) => self.check_event(hub, text, *id),
            Polled::Item(Item::KeyRemoved { name, key, id }) => {
                self.check_key_removal(hub, *name, *key, *id);
            }
            Polled::Item(Item::Snapshot { name, id }) => self.check_snapshot(hub, *name, *id),
            Polled::Item(Item::Lagged { count, name }) => self.check_lag(hub, *name, *count),
            Polled::Item(Item::Checkpoint { id }) => match id.unwrap() {
                Point::Number(id) => self.check_checkpoint(hub, id),
                Point::Keyed(id) => self.check_keyed_checkpoint(hub, id),
                Point::Foreign => unreachable!(),
            },
            Polled::Item(Item::Removed { name }) => self.check_removal(hub, *name),
            Polled::Item(other) => panic!("{other:?} is not due"),
            Polled::Waiting => self.check_wait(hub),
            Polled::Completed => {
                self.pass_hidden(hub, u64::MAX);
                assert!(self.due.is_empty(), "ends, but {:?} are due", self.due);
                assert!(self.has_read_keyed(hub), "ends, but a key is due");
                assert!(self.are_closed(hub), "ends, but a channel is open");
                assert!(self.additions.is_empty());
            }
            Polled::Lagged => self.check_disconnect(hub),
        }
        self.note_passable(hub);
        matches!(polled, Polled::Completed | Polled::Lagged)
    }

    /// Returns a notice of the opening with an id of the channels that the client has now.
    fn with_id_of_now(&self, hub: &Hub, mut item: Item) -> Item {
        if let Item::Checkpoint { id: Some(id) } | Item::Gap { id: Some(id), .. } = &mut item {
            *id = match (&self.keyed[..], *id) {
                ([only], _) if self.is_keyed_alone(hub) => Point::Keyed(only.start()),
                (_, Point::Keyed(number)) => Point::Number(number),
                (_, id) => id,
            };
        }
        item
    }

    fn check_wait(&mut self, hub: &mut Hub) {
        self.pass_hidden(hub, u64::MAX);
        assert!(self.due.is_empty(), "waits, but {:?} are due", self.due);
        assert!(self.has_read_keyed(hub), "waits, but a key is due");
        self.check_keyed_wait(hub);
        self.drop_replaced(hub);
        let mut lives = self.members.iter().map(|(life, _)| &hub.lives[*life]);
        assert!(
            lives.all(|life| !life.is_closed),
            "waits, but a channel is closed"
        );
        assert!(self.is_named || !self.members.is_empty());
        assert!(self.additions.is_empty(), "waits without a checkpoint");
        assert!(!self.needs_id || self.id.is_some(), "waits without an id");
    }

    /// Checks the removal of a channel that is closed and read.
    fn check_removal(&mut self, hub: &mut Hub, name: usize) {
        let is_read = |life: &LifeId| {
            let mut keyed = self.keyed.iter().filter(|keyed| keyed.life == *life);
            if !keyed.all(|keyed| keyed.is_read(hub, &self.hide)) {
                return false;
            }
            let is_hidden = |number: &u64| self.hide.hides(hub.event(*number));
            let mut due = self.due.iter().filter(|(_, by)| by.contains(life));
            hub.lives[*life].is_closed && due.all(|(number, _)| is_hidden(number))
        };
        let lives: Vec<_> = self.lives_of(hub, name).collect();
        assert!(!lives.is_empty() && lives.iter().all(is_read), "not read");
        let mut last = self.due.iter().rev();
        let last = last.find(|(_, by)| lives.iter().any(|life| by.contains(life)));
        if let Some((last, _)) = last {
            self.pass_hidden_but(hub, *last + 1);
        }
        assert!(!self.are_closed(hub), "no channel is open");
        lives.iter().for_each(|life| self.drop_member(hub, *life));
    }

    fn drop_member(&mut self, hub: &mut Hub, life: LifeId) {
        self.due.retain(|_, by| {
            by.retain(|one| *one != life);
            !by.is_empty()
        });
        self.members.retain(|(other, _)| *other != life);
        self.keyed.retain(|keyed| keyed.life != life);
        self.unread.retain(|(other, _)| *other != life);
        self.forget_position(hub);
        self.leave_one(hub, life);
    }

    /// Leaves closed channels beside others of their names, which have been added since: the client has the
    /// channel as before.
    fn drop_replaced(&mut self, hub: &mut Hub) {
        let closed = self.members.iter().map(|(life, _)| *life);
        let closed = closed.filter(|life| hub.lives[*life].is_closed);
        let replaced = closed.filter(|life| {
            let name = hub.lives[*life].name;
            self.lives_of(hub, name).any(|other| other > *life)
        });
        let replaced: Vec<_> = replaced.collect();
        replaced
            .iter()
            .for_each(|life| self.drop_member(hub, *life));
    }

    fn check_event(&mut self, hub: &Hub, text: &str, id: Option<Point>) {
        self.check_turn(hub, Turn::Windows);
        let due = self.due.iter();
        let mut shown = due.filter(|(number, _)| !self.hide.hides(hub.event(**number)));
        let (first, by) = shown.next().expect("no event is due");
        let (first, by) = (*first, by.clone());
        assert_eq!(
            text,
            hub.event(first).payload.text,
            "another event is due: {first}"
        );
        self.pass_hidden(hub, first);
        self.due.remove(&first);
        self.unread.retain(|(life, _)| !by.contains(life));
        assert!(
            by.iter().any(|life| hub.lives[*life].retains(first)),
            "{first} was evicted"
        );
        let addition = self.additions.front();
        assert!(addition.is_none_or(|addition| *addition >= first));
        let may_have_id = hub.any_has_ids(&by);
        let has_id = match self.position {
            Some(position) => may_have_id && first > position,
            None => may_have_id && id.is_some(),
        };
        assert_eq!(id, has_id.then_some(Point::Number(first)), "its id");
        if has_id {
            self.position = Some(first);
            self.hide.reset(first);
        }
    }

    fn check_checkpoint(&mut self, hub: &Hub, id: u64) {
        let by = self.due.get(&id);
        if self.position.is_none_or(|position| id > position)
            && by.is_some_and(|by| hub.any_has_ids(by))
            && self.hide.hides(hub.event(id))
        {
            // After many hidden events.
            self.pass_hidden_but(hub, id);
            let by = self.due.remove(&id).unwrap_or_default();
            self.unread.retain(|(life, _)| !by.contains(life));
            self.position = Some(id);
            // It may be that of an addition, or that one follows.
            let is_it = self.additions.front() == Some(&id);
            self.repeated = is_it.then(|| self.additions.pop_front()).flatten();
        } else if self.repeated.take() == Some(id) {
        } else {
            let addition = self.additions.pop_front().expect("a checkpoint");
            self.pass_hidden_but(hub, addition + 1);
            assert!(self.due.range(..=addition).next().is_none());
            let expected = self.position.map(|position| position.max(addition));
            assert_eq!(id, expected.unwrap_or(id));
            assert!(id >= addition);
            self.position = Some(id);
        }
        self.hide.reset(id);
    }

    /// Notes that the client has passed hidden events below a number.
    fn pass_hidden(&mut self, hub: &Hub, end: u64) {
        self.pass_hidden_but(hub, end);
        let lives = self.members.iter().map(|(life, _)| *life);
        lives.for_each(|life| self.hide.check(hub, life));
    }

    fn pass_hidden_but(&mut self, hub: &Hub, end: u64) {
        while self.pass_hidden_one(hub, end) {}
    }

    /// Notes that the client has passed the next event, if it is hidden and below a number.
    fn pass_hidden_one(&mut self, hub: &Hub, end: u64) -> bool {
        let Some((number, by)) = self.due.first_key_value() else {
            return false;
        };
        let number = *number;
        if number >= end || !self.hide.hides(hub.event(number)) {
            return false;
        }
        let is_retained = by.iter().any(|life| hub.lives[*life].retains(number));
        assert!(is_retained || number <= self.may_have_passed);
        let addition = self.additions.front();
        assert!(addition.is_none_or(|addition| *addition >= number));
        let is_next = self.position.is_some_and(|position| number > position);
        self.unread.retain(|(life, _)| !by.contains(life));
        if hub.any_has_ids(by) && is_next {
            self.position = Some(number);
            self.hide.count(by);
        }
        self.due.pop_first();
        true
    }

    /// Notes which hidden events come next: they have been passed already if the last poll has yielded something
    /// of a keyed channel after them.
    fn note_passable(&mut self, hub: &Hub) {
        let is_retained = |number, by: &[LifeId]| {
            let mut lives = by.iter();
            lives.any(|life| hub.lives[*life].retains(number))
        };
        let next = self.due.iter().take_while(|(number, by)| {
            self.hide.hides(hub.event(**number)) && is_retained(**number, by)
        });
        self.may_have_passed = next.last().map_or(0, |(number, _)| *number);
    }

    /// Leaves out history that was evicted before the client has begun to read it.
    fn pass_evicted_history(&mut self, hub: &Hub) {
        for (life, upto) in self.unread.clone() {
            self.cover(life, hub.lives[life].lost.min(upto) + 1);
        }
    }

    fn check_lag(&mut self, hub: &Hub, name: usize, count: u64) {
        let has_lost = |life: &LifeId| self.has_lost(hub, *life);
        let life = self.lives_of(hub, name).find(has_lost);
        let life = life.unwrap_or_else(|| panic!("a false lag of {}", NAMES[name]));
        assert_eq!(hub.lives[life].config.lag, LagPolicy::Notify);
        let end = hub.lives[life].lost + 1;
        self.pass_hidden_before_lag(hub, life, end, count);
        assert_eq!(self.cover(life, end), count);
    }

    /// Notes that the client has passed hidden events that came by another channel before a lag.
    fn pass_hidden_before_lag(&mut self, hub: &Hub, life: LifeId, end: u64, count: u64) {
        while self.due_by(life, end) > count && self.pass_hidden_one(hub, end) {}
    }

    /// Checks lags of the channel that counts its lags only. (It is there twice if it was closed and added
    /// anew.)
    fn check_silent_lag(&mut self, hub: &mut Hub, mut count: u64) {
        let lives: Vec<_> = self.members.iter().map(|(life, _)| *life).collect();
        for life in lives {
            let config = hub.lives[life].config;
            if count == 0 || !config.lags_in_silence() || !self.has_lost(hub, life) {
                continue;
            }
            let end = match config.lag {
                LagPolicy::Newest => {
                    hub.expire(life);
                    let newest = hub.lives[life].retained.back();
                    newest.map_or(u64::MAX, |event| event.number)
                }
                _ => hub.lives[life].lost + 1,
            };
            self.pass_hidden_before_lag(hub, life, end, count);
            count -= self.cover(life, end);
        }
        assert_eq!(count, 0, "a false lag");
    }

    fn check_disconnect(&self, hub: &Hub) {
        let ends = |life: &LifeId| {
            let config = &hub.lives[*life].config;
            config.has_ids && config.lag == LagPolicy::Disconnect && self.has_lost(hub, *life)
        };
        assert!(
            self.members.iter().any(|(life, _)| ends(life)),
            "a false lag"
        );
    }

    /// Returns `true` if an event that is due by this channel was evicted.
    fn has_lost(&self, hub: &Hub, life: LifeId) -> bool {
        let mut due = self.due.iter().filter(|(_, by)| by.contains(&life));
        due.any(|(number, _)| !hub.lives[life].retains(*number))
    }

    /// Returns how many events below a number are due by this channel.
    fn due_by(&self, life: LifeId, end: u64) -> u64 {
        let due = self.due.range(..end);
        due.filter(|(_, by)| by.contains(&life)).count() as u64
    }

    /// Notes that events below a number are no longer due by this channel. Returns how many there were.
    pub(super) fn cover(&mut self, life: LifeId, end: u64) -> u64 {
        let mut covered = 0;
        for (_, by) in self.due.range_mut(..end) {
            covered += u64::from(by.contains(&life));
            by.retain(|one| *one != life);
        }
        self.due.retain(|_, by| !by.is_empty());
        covered
    }

    /// Checks an id that the client has got.
    pub(crate) fn check_id(&mut self, hub: &Hub, id: Point) {
        match (self.id, id) {
            (Some(Point::Number(last)), Point::Number(id)) if !self.may_go_back => {
                assert!(last <= id, "{id} goes back");
            }
            (Some(Point::Keyed(last)), Point::Keyed(id)) => assert!(last <= id, "{id} goes back"),
            _ => {}
        }
        self.id = Some(id);
        match id {
            Point::Number(id) => {
                self.may_go_back = false;
                self.check_number(hub, id);
            }
            Point::Keyed(id) => self.check_keyed_number(hub, id),
            Point::Foreign => unreachable!(),
        }
    }

    fn check_number(&self, hub: &Hub, id: u64) {
        assert!(id <= hub.last());
        for (number, by) in self.due.range(..=id) {
            assert!(
                by.iter().all(|life| self.comes_again(hub, *life, id)),
                "{id} acknowledges {number}"
            );
        }
    }

    /// Returns `true` if a connection with this id gets the events of a channel again.
    fn comes_again(&self, hub: &Hub, life: LifeId, id: u64) -> bool {
        let member = self.members.iter().find(|(one, _)| *one == life);
        let asked = &member.unwrap().1;
        let has_had = hub.has_had(asked, id);
        match (asked.origin, asked.added_at) {
            _ if !hub.lives[life].config.is_resumed() => true,
            (_, Some(_)) => !has_had,
            (Origin::Replay, None) => true,
            _ => false,
        }
    }
}
