use std::collections::VecDeque;

use tower_sse::CloseReason;

use super::{frames::Frames, log::Log};
use crate::{
    any::{
        commands::{Adapter, CHUNK, Opening},
        config::{GapPolicy, LagPolicy, NoticePolicy},
        payload::Payload,
    },
    served::Polled,
};

/// A subscription, and the stream that the server makes of it.
#[derive(Clone, Debug)]
pub(crate) struct Subscriber {
    pub(crate) log: usize,
    /// The number of the last event that it has got.
    position: usize,
    /// What comes before the next event of the log.
    first: VecDeque<First>,
    /// The number of the last event that it replays, until it has read one. What of them is evicted before is
    /// not missed.
    replay_end: Option<usize>,
    adapter: Adapter,
    frames: Frames,
    /// The last event id of its client.
    last_id: String,
    pub(crate) events: u64,
    pub(crate) missed: u64,
    /// Whether the subscription has ended.
    pub(crate) has_ended: bool,
    /// Why the stream has ended.
    pub(crate) end: Option<CloseReason>,
    /// Whether the server has seen the end of the body.
    pub(crate) is_closed: bool,
    /// The number of notifications when it began to wait.
    pub(crate) waits_since: Option<u64>,
    /// The number of notifications when a frame ended because there was nothing more. The next poll is
    /// pending for that reason.
    pending_since: Option<u64>,
    /// Whether it has kept a waker since an earlier pending poll, by which a wake-up since then is found.
    has_waker: bool,
    /// How often its task is woken by a notification, at least and at most.
    wakes: (usize, usize),
}

#[derive(Clone, Debug)]
enum First {
    /// With the id of this number.
    Event(Payload, usize),
    Notice(Payload, usize),
}

enum Next {
    Event(Payload, usize),
    /// A notice of the channel, with the id of this number if it has one.
    Notice(Payload, Option<usize>),
    End(CloseReason),
    Pending,
}

/// The outcome of one poll of the adapted subscription.
enum Turn {
    More,
    Pending,
    End(CloseReason),
}

impl Subscriber {
    pub(crate) fn new(log: usize, position: usize, opening: Opening) -> Self {
        Self {
            log,
            position,
            first: VecDeque::new(),
            replay_end: None,
            adapter: opening.adapter,
            frames: Frames::new(opening.frame_size),
            last_id: String::new(),
            events: 0,
            missed: 0,
            has_ended: false,
            end: None,
            is_closed: false,
            waits_since: None,
            pending_since: None,
            has_waker: false,
            wakes: (0, 0),
        }
    }

    pub(crate) fn replaying(mut self, upto: usize) -> Self {
        self.replay_end = Some(upto);
        self
    }

    pub(crate) fn start_with(mut self, payload: Payload) -> Self {
        let event = First::Event(payload, self.position);
        self.first.push_back(event);
        self
    }

    pub(crate) fn notified(mut self, payload: Payload) -> Self {
        let notice = First::Notice(payload, self.position);
        self.first.push_back(notice);
        self
    }

    /// Subscribes a client that cannot resume.
    pub(crate) fn after_gap(index: usize, log: &Log, opening: Opening) -> Self {
        match log.config.gap_policy {
            GapPolicy::Notify => Self::new(index, log.evicted, opening)
                .notified(Payload::new("gap", log.oldest().unwrap_or_default())),
            GapPolicy::Live => {
                Self::new(index, log.newest(), opening).notified(Payload::new("checkpoint", ""))
            }
        }
    }

    pub(crate) fn poll(&mut self, log: &mut Log, now: u64) -> Polled {
        if self.pending_since.is_some() {
            if let Some(frame) = self.frames.take() {
                return Polled::Frame(frame);
            }
        }
        if let Some(since) = self.pending_since.take() {
            return self.pause(log.notifications, since);
        }
        while self.end.is_none() && !self.frames.is_full() {
            match self.turn(log, now) {
                Turn::More => {}
                Turn::Pending => {
                    self.pending_since =
                        Some(log.notifications).filter(|_| !self.frames.is_empty());
                    break;
                }
                Turn::End(reason) => self.end = Some(reason),
            }
        }
        self.waits_since = None;
        if let Some(frame) = self.frames.take() {
            return Polled::Frame(frame);
        }
        if self.end.is_some() {
            self.is_closed = true;
            return Polled::End;
        }
        self.waits_since = Some(log.notifications).filter(|_| !self.has_ended);
        self.wakes = (0, 1);
        Polled::Pending
    }

    /// Is pending after a frame, and wakes its task if there is more by now.
    fn pause(&mut self, notifications: u64, since: u64) -> Polled {
        let has_waker = std::mem::replace(&mut self.has_waker, true);
        self.waits_since = Some(notifications).filter(|_| !self.has_ended);
        self.wakes = match (has_waker, notifications > since) {
            (true, false) => (0, 1),
            (true, true) => (1, 1),
            // A publication wakes it once more, if the place is still its task's.
            (false, _) => (1, 2),
        };
        Polled::Pending
    }

    fn turn(&mut self, log: &mut Log, now: u64) -> Turn {
        let most = match self.adapter {
            Adapter::Chunks => CHUNK,
            _ => 1,
        };
        let mut events = Vec::new();
        let turn = loop {
            if events.len() == most {
                break Turn::More;
            }
            match self.next(log, now) {
                // A notice comes before the events of the same item.
                Next::Notice(payload, number) => self.notify(log, &payload, number),
                Next::Event(payload, _) if self.adapter == Adapter::Filter && payload.is_tick() => {
                }
                Next::Event(payload, number) => events.push((payload, number)),
                Next::Pending if events.is_empty() => break Turn::Pending,
                Next::Pending => break Turn::More,
                Next::End(reason) => break self.ends(log, reason, !events.is_empty()),
            }
        };
        // Events that came by the same poll as an early end are lost.
        events.retain(|_| !matches!(turn, Turn::End(_)));
        for (payload, number) in events {
            let id = log.id_text(number);
            self.events += 1;
            self.frames.write(payload.len(&id), Some(payload.seen(&id)));
            self.last_id = id;
        }
        turn
    }

    fn ends(&mut self, log: &mut Log, reason: CloseReason, has_events: bool) -> Turn {
        if !std::mem::replace(&mut self.has_ended, true) {
            log.subscribers -= 1;
        }
        match (self.adapter, reason) {
            (Adapter::Merge, CloseReason::Completed) => Turn::Pending,
            // It hands out what it has, and ends when it is polled again.
            (Adapter::Chunks, CloseReason::Completed) if has_events => Turn::More,
            _ => Turn::End(reason),
        }
    }

    /// Writes a notice of the channel.
    fn notify(&mut self, log: &Log, payload: &Payload, number: Option<usize>) {
        let id = number.map(|number| log.id_text(number));
        let id_line = id.as_ref().map_or(0, |id| "id: \n".len() + id.len());
        if let (NoticePolicy::Event, _) | (NoticePolicy::Id, Some(_)) =
            (log.config.notice_policy, &id)
        {
            self.last_id = id.unwrap_or(std::mem::take(&mut self.last_id));
        }
        match log.config.notice_policy {
            NoticePolicy::Event => {
                let len = payload.len("") - "id: \n".len() + id_line;
                self.events += 1;
                self.frames.write(len, Some(payload.seen(&self.last_id)));
            }
            NoticePolicy::Id if id_line > 0 => self.frames.write(id_line + 1, None),
            NoticePolicy::Auto | NoticePolicy::Id | NoticePolicy::Silent => {}
        }
    }

    fn next(&mut self, log: &mut Log, now: u64) -> Next {
        if self.has_ended {
            return Next::End(CloseReason::Completed);
        }
        match self.first.pop_front() {
            Some(First::Event(payload, number)) => return Next::Event(payload, number),
            Some(First::Notice(payload, number)) => return Next::Notice(payload, Some(number)),
            None => {}
        }
        if let Some(end) = self.replay_end {
            self.position = self.position.max(log.evicted.min(end));
        }
        if self.position < log.evicted {
            match log.config.lag_policy {
                LagPolicy::Disconnect => return Next::End(CloseReason::Lagged),
                LagPolicy::Notify => {
                    let missed = log.evicted - self.position;
                    self.missed += missed as u64;
                    self.position = log.evicted;
                    return Next::Notice(Payload::new("lagged", missed.to_string()), None);
                }
                LagPolicy::Newest => {
                    log.expire(now);
                    let before_newest = log.newest().saturating_sub(1).max(log.evicted);
                    self.missed += (before_newest - self.position) as u64;
                    self.position = before_newest;
                }
            }
        }
        if let Some(published) = log.published.get(self.position) {
            self.position += 1;
            self.replay_end = None;
            return Next::Event(published.payload.clone(), self.position);
        }
        match log.is_closed {
            true => Next::End(CloseReason::Completed),
            false => Next::Pending,
        }
    }

    /// Returns why the stream has ended, if the server has got all of it.
    pub(crate) fn close_reason(&self) -> Option<CloseReason> {
        self.end.filter(|_| self.frames.is_empty())
    }

    /// Returns `true` if its task has been woken as often as it should since it began to wait.
    pub(crate) fn is_woken(&self, log: &Log, wakes: usize) -> bool {
        let Some(since) = self.waits_since else {
            return true;
        };
        match (log.notifications > since, self.wakes) {
            (true, (0, most)) => wakes == most,
            (true, (least, most)) => (least..=most).contains(&wakes),
            (false, (least, _)) => wakes == least,
        }
    }
}
