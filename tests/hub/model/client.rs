use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::{
    Hub, LifeId,
    hide::Hide,
    life::Life,
    start::{Asked, Beginning, Origin, Point, Position},
};
use crate::{
    config::{GapPolicy, LagPolicy, NAMES},
    system::{Gap, Item, Polled},
};

/// A client that is connected. It is promised that
///
/// - it gets every event of its channels once, in the order of the numbers, and no other event, nor one that
///   its filter hides;
/// - what it does not get is covered by a gap or a lag of that channel, before any newer event;
/// - a channel has a gap or a lag only if an event that the client must still get was evicted there, or, for
///   a gap, if the id is unknown, or if the hub had to forget a removed channel;
/// - it begins in each channel where its start says (`Hub::beginning`);
/// - an id means that it has got, or was notified of, everything up to it in the channels with ids that it
///   has. Where it has not, such as in the history of an added channel, its next connection brings it again;
/// - an event has an id, if its channel has ids, unless it is not after the id that the client has;
/// - a client that resumes, or has resumed for the first time, has an id whenever it waits, and few hidden
///   events are after it;
/// - channels that are added to its stream, or removed from it, come with a notice, and the position of an
///   addition as a checkpoint;
/// - a channel that is closed and read while others are open leaves the client's set of channels, and the
///   client gets a notice. A channel that is made anew after a close is another one, which a client has
///   when it returns, after its id;
/// - it waits only if there is nothing to get, and its stream ends only if its channels are closed and
///   read, or if one of them lags and says so.
#[derive(Debug)]
pub(crate) struct Client {
    members: Vec<(LifeId, Asked)>,
    /// The channels among whose subscribers it counts.
    joined: Vec<LifeId>,
    /// Those of `joined` that are left at the next poll.
    leaving: Vec<Leave>,
    is_named: bool,
    /// Whether it must have an id whenever it waits.
    needs_id: bool,
    /// The notices that come first.
    opening: VecDeque<Item>,
    /// The notices of additions and removals.
    changes: VecDeque<Item>,
    /// The positions of additions, which it gets when it has got everything up to them.
    additions: VecDeque<u64>,
    /// The position of an addition whose id it has got, perhaps for hidden events.
    repeated: Option<u64>,
    /// The events that it must still get, each with the channels by which it is due.
    due: BTreeMap<u64, Vec<LifeId>>,
    /// The number of events that it has missed.
    missed: u64,
    /// Events up to this number have no ids.
    position: u64,
    id: Option<u64>,
    hide: Hide,
}

/// A channel that is left, which a client can have joined twice.
#[derive(Clone, Copy, Debug)]
enum Leave {
    First(LifeId),
    Last(LifeId),
}

impl Client {
    /// Subscribes. Returns the gaps too.
    pub(crate) fn open(
        hub: &mut Hub,
        lives: &[LifeId],
        asked: &[Asked],
        position: Position,
        hide: Hide,
        is_named: bool,
    ) -> (Self, Vec<Gap>) {
        hub.join(lives);
        let last = match position {
            Position::After(point) => Some(hub.number(point)),
            _ => None,
        };
        let mut client = Self {
            members: lives
                .iter()
                .map(|life| (*life, asked_of(hub, *life, asked, position)))
                .collect(),
            joined: lives.to_vec(),
            leaving: Vec::new(),
            is_named,
            // An id of another hub is as good, where no channel resumes.
            needs_id: !matches!(position, Position::Now) && last != Some(None),
            opening: VecDeque::new(),
            changes: VecDeque::new(),
            additions: VecDeque::new(),
            repeated: None,
            due: BTreeMap::new(),
            missed: 0,
            position: 0,
            id: last.flatten(),
            hide,
        };
        let gaps = client.begin(hub, last);
        client.hide.reset(client.position);
        (client, gaps)
    }

    fn begin(&mut self, hub: &Hub, last: Option<Option<u64>>) -> Vec<Gap> {
        let mut with_gap = Vec::new();
        self.needs_id &= self.may_get_ids(hub);
        let (mut first, mut resumes_later, mut is_live) = (None::<u64>, false, true);
        for (life, asked) in self.members.clone() {
            let beginning = hub.beginning(life, &asked, last);
            self.begin_channel(hub, life, &beginning);
            with_gap.extend(beginning.gap.map(|is_known| (life, is_known)));
            if hub.lives[life].config.has_ids {
                first = Some(first.unwrap_or(u64::MAX).min(beginning.after));
                resumes_later |= matches!(asked.origin, Origin::Resume | Origin::Live);
                is_live &= matches!(asked.origin, Origin::Live) && !hub.has_had_by(&asked, last);
            }
        }
        let first = first.filter(|_| !resumes_later).unwrap_or(hub.last());
        self.position = match last {
            Some(last) if !is_live => last.unwrap_or(0),
            Some(_) => hub.last(),
            None => first,
        };
        self.begin_again(hub, last);
        let up_to = self.complete_up_to(hub);
        // Without an id to resume with, and with a channel that begins now: the history of another comes
        // without ids, and the client gets one after it.
        let is_catching_up = last.is_none() && self.position > up_to;
        if is_catching_up && self.additions.front() != Some(&self.position) {
            self.additions.push_front(self.position);
        }
        if !with_gap.is_empty() || last.is_none() && self.needs_id {
            self.position = self.position.max(up_to);
        }
        let id = (!is_catching_up).then_some(self.position);
        let is_idle = last.is_none() && self.needs_id && up_to == hub.last();
        self.expect_notices(hub, &with_gap, id, is_idle);
        // A client that begins earlier in all channels does so again.
        self.needs_id &= last.is_some() || resumes_later;
        let gap = |(life, is_known): &(LifeId, bool)| Gap {
            is_known: *is_known,
            oldest: hub.lives[*life].oldest_to_new(),
            until: hub.lives[*life].oldest_to_new().unwrap_or(hub.last() + 1),
            name: hub.lives[*life].name,
        };
        with_gap.iter().map(gap).collect()
    }

    /// Notes what is due in a channel.
    fn begin_channel(&mut self, hub: &Hub, life: LifeId, beginning: &Beginning) {
        let channel = &hub.lives[life];
        let all = hub.published_after(life, beginning.after);
        let has_lost = all.iter().any(|number| !channel.retains_for_new(*number));
        if channel.config.has_ids {
            // Each loss is a gap. Other gaps are from the time before the channel was made, of which the
            // hub does not remember enough.
            let is_gap = beginning.gap.is_some();
            assert!(is_gap || !has_lost);
            assert!(has_lost || beginning.gap != Some(true) || channel.lost == channel.lost_before);
        }
        if beginning.gap.is_some() && channel.config.gap == GapPolicy::Live {
            return;
        }
        let retained = all.into_iter().filter(|one| channel.retains_for_new(*one));
        for number in retained {
            self.due.entry(number).or_default().push(life);
        }
    }

    /// Notes which channels that were added begin again: each comes with a notice, and its position when
    /// everything up to it has been sent.
    fn begin_again(&mut self, hub: &Hub, last: Option<Option<u64>>) {
        let members = self.members.iter().map(|(_, asked)| asked);
        let added = members.filter(|asked| !hub.has_had_by(asked, last));
        let added = added.filter_map(|asked| Some((asked.name, hub.number(asked.added_at?)?)));
        let added: Vec<_> = added.filter(|(_, at)| *at > 0).collect();
        let notices = added.iter().map(|(name, _)| Item::Added { name: *name });
        self.changes.extend(notices);
        let numbers = added.iter().map(|(_, at)| self.position.max(*at));
        let numbers: BTreeSet<_> = numbers.collect();
        self.additions = numbers.into_iter().collect();
    }

    /// Has the notices come first. The last of them has the id.
    fn expect_notices(
        &mut self,
        hub: &Hub,
        with_gap: &[(LifeId, bool)],
        id: Option<u64>,
        is_idle: bool,
    ) {
        let lives = with_gap.iter().map(|(life, _)| &hub.lives[*life]);
        let mut notified: Vec<_> = lives
            .filter(|life| life.config.gap == GapPolicy::Notify)
            .collect();
        let Some(last) = notified.pop() else {
            let needs_id = is_idle || !with_gap.is_empty();
            if needs_id && self.additions.is_empty() {
                self.opening.push_back(Item::Checkpoint { id });
            }
            return;
        };
        let first = notified.into_iter();
        self.opening.extend(first.map(|life| gap_item(life, None)));
        self.opening.push_back(gap_item(last, id));
    }

    /// Returns the number before the first event with an id that is due, or that of the last event.
    fn complete_up_to(&self, hub: &Hub) -> u64 {
        let mut due = self.due.iter();
        let first = due.find(|(_, by)| hub.any_has_ids(by));
        first.map_or(hub.last(), |(number, _)| number - 1)
    }

    /// Notes that an event was published to these channels.
    pub(crate) fn note(&mut self, number: u64, to: &[LifeId]) {
        let to = to.iter().copied().filter(|life| self.has(*life));
        let to: Vec<_> = to.collect();
        if !to.is_empty() {
            self.due.insert(number, to);
        }
    }

    fn may_get_ids(&self, hub: &Hub) -> bool {
        let mut lives = self.members.iter().map(|(life, _)| &hub.lives[*life]);
        lives.any(|life| life.config.has_ids) || self.is_named && self.members.is_empty()
    }

    fn has(&self, life: LifeId) -> bool {
        self.members.iter().any(|(one, _)| *one == life)
    }

    /// Notes that a channel was added at a number. The hub counts the client as a subscriber already.
    pub(crate) fn add(&mut self, hub: &Hub, life: LifeId, origin: Origin, at: u64) {
        self.joined.push(life);
        if self.has(life) {
            self.leaving.push(Leave::Last(life));
            return;
        }
        let channel = &hub.lives[life];
        let beginning = hub.beginning_at(life, origin, at);
        self.members.push((
            life,
            Asked {
                name: channel.name,
                origin,
                added_at: Some(Point::Number(at)),
            },
        ));
        self.begin_channel(hub, life, &beginning);
        let name = channel.name;
        self.changes.push_back(Item::Added { name });
        if beginning.gap.is_some() && channel.config.gap == GapPolicy::Notify {
            self.changes.push_back(gap_item(channel, None));
        }
        let number = at.max(self.position);
        if self.additions.back().is_none_or(|last| *last < number) {
            self.additions.push_back(number);
        }
    }

    /// Notes that a channel was removed.
    pub(crate) fn remove(&mut self, hub: &Hub, name: usize) {
        let is_of_it = |(life, _): &(LifeId, Asked)| hub.lives[*life].name == name;
        let removed = self.members.iter().copied().filter(is_of_it);
        let removed: Vec<_> = removed.map(|(life, _)| life).collect();
        if removed.is_empty() {
            return;
        }
        self.members.retain(|member| !is_of_it(member));
        for by in self.due.values_mut() {
            by.retain(|life| !removed.contains(life));
        }
        self.due.retain(|_, by| !by.is_empty());
        self.leaving.extend(removed.into_iter().map(Leave::First));
        self.changes.push_back(Item::Removed { name });
    }

    /// Leaves all channels.
    pub(crate) fn leave(&self, hub: &mut Hub) {
        hub.leave(&self.joined);
    }

    fn leave_removed(&mut self, hub: &mut Hub) {
        for leave in std::mem::take(&mut self.leaving) {
            match leave {
                Leave::First(life) => self.leave_one(hub, life),
                Leave::Last(life) => {
                    let place = self.joined.iter().rposition(|one| *one == life);
                    self.joined.remove(place.unwrap());
                    hub.leave(&[life]);
                }
            }
        }
    }

    fn leave_one(&mut self, hub: &mut Hub, life: LifeId) {
        let place = self.joined.iter().position(|one| *one == life).unwrap();
        self.joined.remove(place);
        hub.leave(&[life]);
    }

    /// Checks what a poll has yielded, and how many events are missed by now. Returns `true` if the stream
    /// has ended.
    pub(crate) fn check(&mut self, hub: &mut Hub, polled: &Polled, missed: u64) -> bool {
        self.leave_removed(hub);
        let first = self.opening.pop_front();
        if let Some(notice) = first.or_else(|| self.changes.pop_front()) {
            assert_eq!(*polled, Polled::Item(notice), "the notices");
            assert_eq!(missed, self.missed);
            return false;
        }
        let newly_missed = missed - self.missed;
        self.missed = missed;
        let reported = match polled {
            Polled::Item(Item::Lagged { count, .. }) => *count,
            _ => 0,
        };
        self.check_silent_lag(hub, newly_missed - reported);
        match polled {
            Polled::Item(Item::Event { text, number, .. }) => {
                self.check_event(hub, text, *number);
            }
            Polled::Item(Item::Lagged { count, name }) => self.check_lag(hub, *name, *count),
            Polled::Item(Item::Checkpoint { id }) => self.check_checkpoint(hub, id.unwrap()),
            Polled::Item(Item::Removed { name }) => self.check_removal(hub, *name),
            Polled::Item(other) => panic!("{other:?} is not due"),
            Polled::Waiting => self.check_wait(hub),
            Polled::Completed => {
                self.pass_hidden(hub, u64::MAX);
                assert!(self.due.is_empty(), "ends, but {:?} are due", self.due);
                assert!(self.are_closed(hub), "ends, but a channel is open");
                assert!(self.additions.is_empty());
            }
            Polled::Lagged => self.check_disconnect(hub),
        }
        matches!(polled, Polled::Completed | Polled::Lagged)
    }

    fn check_wait(&mut self, hub: &mut Hub) {
        self.pass_hidden(hub, u64::MAX);
        assert!(self.due.is_empty(), "waits, but {:?} are due", self.due);
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
        lives.iter().for_each(|life| self.drop_member(hub, *life));
        let is_open = !self.due.is_empty() || !self.are_closed(hub);
        assert!(is_open, "it is the last channel");
    }

    fn drop_member(&mut self, hub: &mut Hub, life: LifeId) {
        self.due.retain(|_, by| {
            by.retain(|one| *one != life);
            !by.is_empty()
        });
        self.members.retain(|(other, _)| *other != life);
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

    fn check_event(&mut self, hub: &Hub, text: &str, number: Option<u64>) {
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
        assert!(
            by.iter().any(|life| hub.lives[*life].retains(first)),
            "{first} was evicted"
        );
        let addition = self.additions.front();
        assert!(addition.is_none_or(|addition| *addition >= first));
        let has_id = hub.any_has_ids(&by) && first > self.position;
        assert_eq!(number, has_id.then_some(first), "its id");
        if has_id {
            self.position = first;
            self.hide.reset(first);
        }
    }

    fn check_checkpoint(&mut self, hub: &Hub, id: u64) {
        let by = self.due.get(&id);
        if id > self.position && by.is_some_and(|by| hub.any_has_ids(by)) {
            // After many hidden events.
            self.pass_hidden_but(hub, id);
            assert!(self.hide.hides(hub.event(id)), "{id} is not hidden");
            self.due.remove(&id);
            self.position = id;
            // It may be that of an addition, or that one follows.
            let is_it = self.additions.front() == Some(&id);
            self.repeated = is_it.then(|| self.additions.pop_front()).flatten();
        } else if self.repeated.take() == Some(id) {
        } else {
            let addition = self.additions.pop_front().expect("a checkpoint");
            self.pass_hidden_but(hub, addition + 1);
            assert!(self.due.range(..=addition).next().is_none());
            self.position = self.position.max(addition);
            assert_eq!(id, self.position);
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
        while let Some((number, by)) = self.due.first_key_value() {
            let number = *number;
            if number >= end || !self.hide.hides(hub.event(number)) {
                return;
            }
            assert!(by.iter().any(|life| hub.lives[*life].retains(number)));
            let addition = self.additions.front();
            assert!(addition.is_none_or(|addition| *addition >= number));
            if hub.any_has_ids(by) && number > self.position {
                self.position = number;
                self.hide.count(by);
            }
            self.due.pop_first();
        }
    }

    fn check_lag(&mut self, hub: &Hub, name: usize, count: u64) {
        let has_lost = |life: &LifeId| self.has_lost(hub, *life);
        let life = self.lives_of(hub, name).find(has_lost);
        let life = life.unwrap_or_else(|| panic!("a false lag of {}", NAMES[name]));
        assert_eq!(hub.lives[life].config.lag, LagPolicy::Notify);
        let end = hub.lives[life].lost + 1;
        assert_eq!(self.cover(life, end), count);
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

    /// Notes that events below a number are no longer due by this channel. Returns how many there were.
    fn cover(&mut self, life: LifeId, end: u64) -> u64 {
        let mut covered = 0;
        for (_, by) in self.due.range_mut(..end) {
            covered += u64::from(by.contains(&life));
            by.retain(|one| *one != life);
        }
        self.due.retain(|_, by| !by.is_empty());
        covered
    }

    /// Checks an id that the client has got.
    pub(crate) fn check_id(&mut self, hub: &Hub, id: u64) {
        assert!(id <= hub.last());
        assert!(self.id.is_none_or(|last| last <= id), "{id} goes back");
        self.id = Some(id);
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
            _ if !hub.lives[life].config.has_ids => true,
            (_, Some(_)) => !has_had,
            (Origin::Replay, None) => true,
            _ => false,
        }
    }

    /// Returns the last id that the client has.
    pub(crate) fn id(&self) -> Option<u64> {
        self.id
    }

    /// Returns the events that are due by channels with ids, each with the names of these channels.
    pub(crate) fn owed(&self, hub: &Hub) -> Vec<(u64, usize)> {
        let owed = self.due.iter().flat_map(|(number, by)| {
            let with_ids = by.iter().map(|life| &hub.lives[*life]);
            let with_ids = with_ids.filter(|life| life.config.has_ids);
            with_ids.map(|life| (*number, life.name))
        });
        owed.collect()
    }

    /// Checks that a connection which continues another one with this id makes good what that one owed.
    pub(crate) fn check_owed(&self, hub: &Hub, id: u64, owed: &[(u64, usize)], gaps: &[Gap]) {
        for (number, name) in owed {
            let Some(life) = self.lives_of(hub, *name).next() else {
                continue;
            };
            let member = self.members.iter().find(|(one, _)| *one == life);
            let asked = &member.unwrap().1;
            let continues = match asked.origin {
                _ if hub.has_had(asked, id) => true,
                Origin::Live | Origin::Replay => false,
                Origin::Resume => true,
                Origin::Since(point) => hub.number(point).is_none_or(|since| since < *number),
            };
            let is_due = self.due.get(number).is_some_and(|by| by.contains(&life));
            let has_gap = gaps.iter().any(|gap| gap.name == *name);
            assert!(!continues || is_due || has_gap, "{number} is skipped");
        }
    }

    fn lives_of<'a>(&'a self, hub: &'a Hub, name: usize) -> impl Iterator<Item = LifeId> + 'a {
        let lives = self.members.iter().map(|(life, _)| *life);
        lives.filter(move |life| hub.lives[*life].name == name)
    }

    fn are_closed(&self, hub: &Hub) -> bool {
        let mut lives = self.members.iter().map(|(life, _)| *life);
        lives.all(|life| hub.lives[life].is_closed)
    }

    pub(crate) fn has_no_channels(&self) -> bool {
        self.members.is_empty()
    }
}

fn asked_of(hub: &Hub, life: LifeId, asked: &[Asked], position: Position) -> Asked {
    let name = hub.lives[life].name;
    let first = asked.iter().find(|asked| asked.name == name);
    let (mut asked, plain) = (*first.unwrap(), (Origin::Replay, None));
    if matches!(position, Position::Oldest) {
        (asked.origin, asked.added_at) = plain;
    }
    asked
}

fn gap_item(life: &Life, id: Option<u64>) -> Item {
    Item::Gap {
        oldest: life.oldest_to_new(),
        name: life.name,
        id,
    }
}
