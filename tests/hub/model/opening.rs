use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::{
    Client, Hub, LifeId,
    hide::Hide,
    keyed::Keyed,
    life::Life,
    start::{Asked, Beginning, Last, Origin, Point, Position},
};
use crate::{
    config::GapPolicy,
    system::{Gap, Item},
};

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
        let is_keyed_alone = is_keyed_alone(hub, lives);
        let last = hub.last_id(position, is_keyed_alone);
        let mut client = Self {
            members: lives
                .iter()
                .map(|life| (*life, asked_of(hub, *life, asked, position)))
                .collect(),
            joined: lives.to_vec(),
            applied: lives.len(),
            leaving: Vec::new(),
            queue: Vec::new(),
            is_named,
            // An id of another hub is as good, where no channel resumes.
            needs_id: !matches!(position, Position::Now)
                && (last.number != Some(None) || last.keyed.is_some()),
            opening: VecDeque::new(),
            changes: VecDeque::new(),
            additions: VecDeque::new(),
            repeated: None,
            due: BTreeMap::new(),
            may_have_passed: 0,
            unread: Vec::new(),
            missed: 0,
            position: Some(0),
            id: match last.keyed {
                Some(number) => Some(Point::Keyed(number)),
                None => last.number.flatten().map(Point::Number),
            },
            hide,
            keyed: Vec::new(),
            lacks_keyed_id: false,
            may_lack_keyed_id: false,
            last_turn: None,
            may_go_back: false,
        };
        let gaps = client.begin(hub, last);
        client.hide.reset(client.position.unwrap());
        client.forget_position(hub);
        client.may_lack_keyed_id = false;
        (client, gaps)
    }

    fn begin(&mut self, hub: &Hub, last: Last) -> Vec<Gap> {
        let mut with_gap = Vec::new();
        self.needs_id &= self.may_get_ids(hub);
        let (mut first, mut resumes_later, mut is_live) = (None::<u64>, false, true);
        for (life, asked) in self.members.clone() {
            if hub.lives[life].keys.is_some() {
                let start = hub.keyed_start(life, &asked, last);
                self.keyed.push(Keyed::new(life, start));
                continue;
            }
            let beginning = hub.beginning(life, &asked, last);
            self.begin_channel(hub, life, &beginning);
            if matches!(asked.origin, Origin::Replay) && !hub.has_had_by(&asked, last) {
                self.unread.push((life, hub.last()));
            }
            with_gap.extend(beginning.gap.map(|is_known| (life, is_known)));
            if hub.lives[life].config.is_resumed() {
                first = Some(first.unwrap_or(u64::MAX).min(beginning.after));
                resumes_later |= matches!(asked.origin, Origin::Resume | Origin::Live);
                is_live &= matches!(asked.origin, Origin::Live) && !hub.has_had_by(&asked, last);
            }
        }
        let first = first.filter(|_| !resumes_later).unwrap_or(hub.last());
        let position = match (&self.keyed[..], last.number) {
            ([only], _) if self.is_keyed_alone(hub) => only.start(),
            (_, Some(last)) if !is_live => last.unwrap_or(0),
            (_, Some(_)) => hub.last(),
            (_, None) => first,
        };
        self.position = Some(position);
        self.begin_again(hub, last);
        let is_first = last.number.is_none();
        let is_idle = match &self.keyed[..] {
            [only] if self.is_keyed_alone(hub) => only.is_read(hub, &Hide::default()),
            _ => self.complete_up_to(hub) == hub.last(),
        };
        let up_to = match self.is_keyed_alone(hub) {
            true => position,
            false => self.complete_up_to(hub),
        };
        // Without an id to resume with, and with a channel that begins now: the history of another comes
        // without ids, and the client gets one after it.
        let is_catching_up = is_first && position > up_to;
        if is_catching_up && self.additions.front() != Some(&position) {
            self.additions.push_front(position);
        }
        if !with_gap.is_empty() || is_first && self.needs_id {
            self.position = Some(position.max(up_to));
        }
        let id = (!is_catching_up).then(|| self.point(hub, self.position.unwrap()));
        let is_idle = is_first && self.needs_id && is_idle;
        self.expect_notices(hub, &with_gap, id, is_idle);
        // A client that begins earlier in all channels does so again.
        self.needs_id &= !is_first || resumes_later;
        let gap = |(life, is_known): &(LifeId, bool)| Gap {
            is_known: *is_known,
            oldest: hub.lives[*life].oldest_to_new(),
            until: hub.lives[*life].oldest_to_new().unwrap_or(hub.last() + 1),
            name: hub.lives[*life].name,
        };
        with_gap.iter().map(gap).collect()
    }

    /// Notes what is due in a channel.
    pub(super) fn begin_channel(&mut self, hub: &Hub, life: LifeId, beginning: &Beginning) {
        let channel = &hub.lives[life];
        let all = hub.published_after(life, beginning.after);
        let has_lost = all.iter().any(|number| !channel.retains_for_new(*number));
        if channel.config.is_resumed() {
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
    fn begin_again(&mut self, hub: &Hub, last: Last) {
        let members = self.members.iter().map(|(_, asked)| asked);
        let added = members.filter(|asked| !hub.has_had_by(asked, last));
        let added = added.filter_map(|asked| Some((asked.name, hub.number(asked.added_at?)?)));
        let added: Vec<_> = added.filter(|(_, at)| *at > 0).collect();
        let notices = added.iter().map(|(name, _)| Item::Added { name: *name });
        self.changes.extend(notices);
        let position = self.position.unwrap();
        let numbers = added.iter().map(|(_, at)| position.max(*at));
        let numbers: BTreeSet<_> = numbers.collect();
        self.additions = numbers.into_iter().collect();
    }

    /// Has the notices come first. The last of them has the id.
    fn expect_notices(
        &mut self,
        hub: &Hub,
        with_gap: &[(LifeId, bool)],
        id: Option<Point>,
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

pub(super) fn gap_item(life: &Life, id: Option<Point>) -> Item {
    Item::Gap {
        oldest: life.oldest_to_new(),
        name: life.name,
        id,
    }
}

/// Returns `true` if there is one channel only, which is keyed and has ids.
pub(super) fn is_keyed_alone(hub: &Hub, lives: &[LifeId]) -> bool {
    match lives {
        [only] => hub.lives[*only].keys.is_some() && hub.lives[*only].config.has_ids,
        _ => false,
    }
}
