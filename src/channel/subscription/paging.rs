//! Events that the store of a hub has, and the log of a channel no longer.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
    task::{Context, Poll, Waker},
};

use futures_util::FutureExt;

use super::{
    member::Member,
    page::{Due, Missed, Paging, Stage},
    reader::{Reader, ReaderItem},
    reading::without_id,
};
use crate::{
    EncodedEvent,
    channel::{
        ChannelEvent, Gap, gap::Lost, lag::LagAction, numbered::Unnumbered, shared::ChannelShared,
    },
    store::{Page, Topic},
};

impl Reader {
    /// Begins to read from the store what a channel has evicted. Returns `false` if the event is lost.
    pub(super) fn begin_page(&mut self, channel: &Arc<ChannelShared>, published: u64) -> bool {
        let hub = Arc::clone(&self.hub);
        if !hub.is_kept(channel) {
            return false;
        }
        let is_reading = self.member(channel).is_some_and(|one| one.has_begun());
        if is_reading && matches!(channel.options.lag_policy.0, LagAction::Newest) {
            return false;
        }
        let (lost, losses) = (hub.lost().min(published), hub.losses());
        let members = self.members.as_slice().iter();
        let kept = members.filter(|member| hub.is_kept(&member.channel));
        let after = kept.clone().map(|one| one.seen_or_lost(lost, losses)).min();
        let after = after.unwrap_or_default();
        let topics = kept.map(|member| Topic::from(Arc::clone(&member.channel.name)));
        let Some(page) = hub.fetch(topics.collect(), after, self.epoch, published) else {
            return false;
        };
        self.set_paging(Stage::Reading(page), published, VecDeque::new());
        true
    }

    fn set_paging(&mut self, stage: Stage, published: u64, gaps: VecDeque<Box<Missed>>) {
        self.paging = Some(Box::new(Paging {
            stage,
            published,
            gaps,
            has_events: false,
        }));
    }

    /// Looks whether a page has arrived. Returns `true` if one has.
    pub(super) fn poll_page(&mut self, waker: &Waker) -> bool {
        let Some(paging) = &mut self.paging else {
            return false;
        };
        let Stage::Reading(page) = &mut paging.stage else {
            return false;
        };
        let Poll::Ready(page) = page.poll_unpin(&mut Context::from_waker(waker)) else {
            return false;
        };
        let published = paging.published;
        match page {
            Some(page) => self.begin_serving(&page, published),
            None => {
                // What the store has is missed, too: a replay has had no look at it.
                let gaps = self.report(|one| one.evicted(), Member::number_after, |_, _| false);
                self.set_paging(Stage::Ended, published, gaps);
            }
        }
        true
    }

    fn begin_serving(&mut self, page: &Page, published: u64) {
        let upto = page.upto.get().min(published);
        let due = self.due(page, upto);
        let (lost, losses) = (self.hub.lost().min(published), self.hub.losses());
        let missed = |one: &Member| {
            let start = page.start(&topic_of(one)).get();
            // What either the store or the log has is not missed, unless the store has lost events.
            let missed = start.min(one.channel.log().evicted());
            Some(missed.max(one.seen_or_lost(lost, losses)))
        };
        let next = |one: &Member, missed| {
            let (topic, mut due) = (topic_of(one), due.iter());
            let next = due.find(|due| due.number > missed && due.channels.contains(&topic));
            // Beyond a page that was cut short, the store may have events that precede those of the log.
            let is_complete = one.channel.log().evicted() <= upto;
            let in_log = || one.number_after(missed).filter(|_| is_complete);
            next.map(|due| due.number).or_else(in_log)
        };
        let gaps = self.report(missed, next, Member::is_replaying);
        self.set_paging(Stage::Serving(due, upto), published, gaps);
    }

    /// Returns the events up to a number that the store or the logs have. Channels that the store does not keep
    /// have their part: an event may be one of such a channel, too.
    fn due(&self, page: &Page, upto: u64) -> VecDeque<Due> {
        let mut due = BTreeMap::new();
        for member in self.members.as_slice() {
            let log = member.channel.log();
            // It lags, which is for the log to find.
            if log.evicted() > member.seen() && !self.hub.is_kept(&member.channel) {
                continue;
            }
            let window = log.as_window().into_iter();
            let held = window.flat_map(|window| window.between(member.seen(), upto));
            for (number, event) in held {
                let topic = topic_of(member);
                let one = due.entry(number).or_insert_with(|| Due::new(number, event));
                one.channels.push(topic);
            }
        }
        let stored = page.entries.iter();
        for stored in stored.take_while(|stored| stored.position.get() <= upto) {
            let number = stored.position.get();
            let Some(event) = EncodedEvent::from_wire(stored.entry.bytes().clone()) else {
                continue;
            };
            let one = due.entry(number).or_insert_with(|| Due::new(number, event));
            for topic in stored.entry.topics() {
                if !one.channels.contains(topic) {
                    one.channels.push(topic.clone());
                }
            }
        }
        due.into_values().collect()
    }

    /// Reports the events of each channel up to a number as missed, if any of them was due, and moves past
    /// them. The second closure returns the number of the next event that is held, if that is known, the third
    /// one whether none of them was due.
    fn report(
        &mut self,
        missed: impl Fn(&Member) -> Option<u64>,
        next: impl Fn(&Member, u64) -> Option<u64>,
        is_needless: impl Fn(&Member, u64) -> bool,
    ) -> VecDeque<Box<Missed>> {
        let (last_id, position) = (self.last_id(), self.hub.position());
        let mut gaps = VecDeque::new();
        for member in self.members.as_mut_slice() {
            let missed = missed(member).filter(|missed| *missed > member.seen());
            let Some(number) = missed.filter(|_| self.hub.is_kept(&member.channel)) else {
                continue;
            };
            let (oldest, channel) = (next(member, number), Arc::clone(&member.channel));
            let is_needless = is_needless(member, number);
            member.skip_through(number);
            if is_needless {
                continue;
            }
            let is_resuming = !member.has_begun();
            let lost = Lost {
                number,
                oldest,
                next_index: 0,
            };
            let name = Arc::clone(&channel.name);
            let gap = Gap::new(last_id.clone(), true, name, position, lost);
            gaps.push_back(Box::new(Missed {
                channel,
                gap,
                is_resuming,
            }));
        }
        gaps
    }

    /// Reads the page. `None` if it has been read, or there is none; otherwise as
    /// [`read_windows`](Self::read_windows).
    pub(super) fn read_page(&mut self, published: u64) -> Option<Result<ReaderItem, bool>> {
        loop {
            let paging = self.paging.as_mut()?;
            if let Some(gap) = paging.gaps.pop_front() {
                return Some(Ok(ReaderItem::Missed(gap)));
            }
            let next = match &mut paging.stage {
                Stage::Reading(_) => return Some(Err(true)),
                Stage::Ended => {
                    self.paging = None;
                    return None;
                }
                Stage::Serving(due, upto) => {
                    let next = due.front().map(|due| due.number);
                    next.unwrap_or(*upto + 1)
                }
            };
            if self.take_addition(Some(next), published) {
                return Some(Ok(ReaderItem::Checkpoint));
            }
            if let Some(item) = self.serve()? {
                return Some(Ok(item));
            }
        }
    }

    /// Reads the next event of a page. At its end it goes on with the logs, which is `None`.
    fn serve(&mut self) -> Option<Option<ReaderItem>> {
        let paging = self.paging.as_mut()?;
        let Stage::Serving(due, upto) = &mut paging.stage else {
            return None;
        };
        let Some(due) = due.pop_front() else {
            let (upto, has_events) = (*upto, paging.has_events);
            // Beyond it there may be events that precede the position.
            let is_read = upto >= self.position;
            self.end_page(upto);
            // Otherwise a client on its first visit has no id.
            return (is_read && !has_events && self.has_ids())
                .then_some(Some(ReaderItem::Checkpoint));
        };
        let item = self.take_due(due);
        if let Some(paging) = self.paging.as_mut().filter(|_| item.is_some()) {
            paging.has_events = true;
        }
        Some(item)
    }

    fn end_page(&mut self, upto: u64) {
        self.paging = None;
        let hub = Arc::clone(&self.hub);
        let members = self.members.as_mut_slice().iter_mut();
        for member in members.filter(|one| hub.is_kept(&one.channel)) {
            member.skip_through(upto);
            member.begin();
        }
        self.position = self.position.max(upto);
    }

    /// Takes an event of a page, unless it is not due any more.
    fn take_due(&mut self, due: Due) -> Option<ReaderItem> {
        let members = self.members.as_mut_slice().iter_mut().enumerate();
        let of = members
            .filter(|(_, one)| one.seen() < due.number && due.channels.contains(&topic_of(one)));
        let (mut place, mut has_ids) = (None, false);
        for (at, member) in of {
            member.note(due.number);
            if place.is_none() || member.has_ids() && !has_ids {
                (place, has_ids) = (Some(at), member.has_ids());
            }
        }
        let member = place?;
        let event = match has_ids && due.number > self.position {
            true => {
                self.position = due.number;
                let event = Unnumbered::new(due.event).with_id(&self.epoch.id(due.number));
                ChannelEvent::published(event, self.epoch, due.number)
            }
            false => without_id(due.event),
        };
        Some(ReaderItem::Event { event, member })
    }
}

fn topic_of(member: &Member) -> Topic {
    Topic::from(Arc::clone(&member.channel.name))
}
