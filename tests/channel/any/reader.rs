use std::collections::VecDeque;

use tower_sse::CloseReason;

use super::{
    frames::Frames,
    log::{Id, Log},
    payload::Payload,
    setting::{self, Answer, Around, Notices, Policy},
    world::BATCH,
};
use crate::served::Polled;

/// A subscriber as it should be, with the stream that it is in.
#[derive(Clone, Debug)]
pub(crate) struct Reader {
    pub(crate) log: usize,
    /// How many events are behind it.
    behind: usize,
    opening: VecDeque<Opening>,
    /// Whether a gap is being filled.
    is_filling: bool,
    around: Around,
    frames: Frames,
    /// The id that its client has.
    last_id: String,
    pub(crate) events: u64,
    pub(crate) missed: u64,
    /// Whether the subscription has ended.
    pub(crate) has_left: bool,
    /// Why the stream has ended.
    pub(crate) end: Option<CloseReason>,
    /// Whether its body has been told to be at its end.
    pub(crate) is_over: bool,
    /// What those who wait had been told when it began to wait.
    pub(crate) waits_since: Option<u64>,
    /// What they had been told when a frame ended for there was no more, which is yet to be said.
    pending_since: Option<u64>,
    /// Whether it knows of itself whether it has been woken since then.
    has_waker: bool,
    /// How often its task is woken at once, at least and at most.
    wakes: (usize, usize),
}

#[derive(Clone, Debug)]
enum Opening {
    /// With the id of this number.
    Event(Payload, usize),
    Notice(Payload, usize),
    Failure,
}

enum Next {
    Event(Payload, usize),
    /// What the channel says by itself, with the id of this number if it has one.
    Notice(Payload, Option<usize>),
    End(CloseReason),
    Pending,
}

/// What one poll of the stream that is around the subscription comes to.
enum Turn {
    More,
    Pending,
    End(CloseReason),
}

impl Reader {
    pub(crate) fn new(log: usize, behind: usize, opening: setting::Opening) -> Self {
        Self {
            log,
            behind,
            opening: VecDeque::new(),
            is_filling: false,
            around: opening.around,
            frames: Frames::new(opening.frame_size),
            last_id: String::new(),
            events: 0,
            missed: 0,
            has_left: false,
            end: None,
            is_over: false,
            waits_since: None,
            pending_since: None,
            has_waker: false,
            wakes: (0, 0),
        }
    }

    pub(crate) fn start_with(mut self, payload: Payload) -> Self {
        let event = Opening::Event(payload, self.behind);
        self.opening.push_back(event);
        self
    }

    pub(crate) fn notified(mut self, payload: Payload) -> Self {
        let notice = Opening::Notice(payload, self.behind);
        self.opening.push_back(notice);
        self
    }

    /// Makes one that cannot resume.
    pub(crate) fn after_gap(index: usize, log: &Log, id: &Id, opening: setting::Opening) -> Self {
        let held = Self::new(index, log.gone, opening);
        match log.setting.on_gap {
            Answer::Tell => held.notified(Payload::new("gap", log.oldest().unwrap_or_default())),
            Answer::Live => {
                Self::new(index, log.newest(), opening).notified(Payload::new("checkpoint", ""))
            }
            Answer::Fill(_) => held.filled(log, id),
        }
    }

    fn filled(mut self, log: &Log, id: &Id) -> Self {
        self.fill(log, id);
        self
    }

    fn fill(&mut self, log: &Log, id: &Id) {
        (self.is_filling, self.behind) = (true, log.gone);
        let found = log.find(id).into_iter();
        let opening = found.map(|(number, payload)| Opening::Event(payload, number));
        self.opening = match log.fails_after() {
            None => opening.collect(),
            Some(after) => opening.take(after).chain([Opening::Failure]).collect(),
        };
    }

    pub(crate) fn poll(&mut self, log: &mut Log, now: u64) -> Polled {
        if self.pending_since.is_some() {
            if let Some(frame) = self.frames.take() {
                return Polled::Frame(frame);
            }
        }
        if let Some(since) = self.pending_since.take() {
            return self.pause(log.tellings, since);
        }
        while self.end.is_none() && !self.frames.is_full() {
            match self.turn(log, now) {
                Turn::More => {}
                Turn::Pending => {
                    self.pending_since = Some(log.tellings).filter(|_| !self.frames.is_empty());
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
            self.is_over = true;
            return Polled::End;
        }
        self.waits_since = Some(log.tellings).filter(|_| !self.has_left);
        self.wakes = (0, 1);
        Polled::Pending
    }

    /// Says that there was no more after the last frame, and wakes its task if there is now.
    fn pause(&mut self, tellings: u64, since: u64) -> Polled {
        let has_waker = std::mem::replace(&mut self.has_waker, true);
        self.waits_since = Some(tellings).filter(|_| !self.has_left);
        self.wakes = match (has_waker, tellings > since) {
            (true, false) => (0, 1),
            (true, true) => (1, 1),
            // A publication wakes it once more, if it is still the task that has the place.
            (false, _) => (1, 2),
        };
        Polled::Pending
    }

    fn turn(&mut self, log: &mut Log, now: u64) -> Turn {
        let most = match self.around {
            Around::Batch => BATCH,
            _ => 1,
        };
        let mut events = Vec::new();
        let turn = loop {
            if events.len() == most {
                break Turn::More;
            }
            match self.next(log, now) {
                // What the channel says comes before all that is batched with it.
                Next::Notice(payload, number) => self.notify(log, &payload, number),
                Next::Event(payload, _) if self.around == Around::Filter && payload.is_tick() => {}
                Next::Event(payload, number) => events.push((payload, number)),
                Next::Pending if events.is_empty() => break Turn::Pending,
                Next::Pending => break Turn::More,
                Next::End(reason) => break self.ends(log, reason, !events.is_empty()),
            }
        };
        // Not what has come by the same poll as the early end.
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
        if !std::mem::replace(&mut self.has_left, true) {
            log.readers -= 1;
        }
        match (self.around, reason) {
            (Around::Merge, CloseReason::Completed) => Turn::Pending,
            // It hands out what it has, and ends when it is polled again.
            (Around::Batch, CloseReason::Completed) if has_events => Turn::More,
            _ => Turn::End(reason),
        }
    }

    /// Writes what the channel says by itself.
    fn notify(&mut self, log: &Log, payload: &Payload, number: Option<usize>) {
        let id = number.map(|number| log.id_text(number));
        let id_line = id.as_ref().map_or(0, |id| "id: \n".len() + id.len());
        if let (Notices::Event, _) | (Notices::Id, Some(_)) = (log.setting.notices, &id) {
            self.last_id = id.unwrap_or(std::mem::take(&mut self.last_id));
        }
        match log.setting.notices {
            Notices::Event => {
                let len = payload.len("") - "id: \n".len() + id_line;
                self.events += 1;
                self.frames.write(len, Some(payload.seen(&self.last_id)));
            }
            Notices::Id if id_line > 0 => self.frames.write(id_line + 1, None),
            Notices::Auto | Notices::Id | Notices::Silent => {}
        }
    }

    fn next(&mut self, log: &mut Log, now: u64) -> Next {
        if self.has_left {
            return Next::End(CloseReason::Completed);
        }
        match self.opening.pop_front() {
            Some(Opening::Event(payload, number)) => return Next::Event(payload, number),
            Some(Opening::Notice(payload, number)) => return Next::Notice(payload, Some(number)),
            Some(Opening::Failure) => return Next::End(CloseReason::Failed),
            None => {}
        }
        if std::mem::take(&mut self.is_filling) && self.behind < log.gone {
            // The log has gone on meanwhile.
            log.expire(now);
            self.fill(log, &log.id(self.behind));
            return self.next(log, now);
        }
        if self.behind < log.gone {
            match log.setting.lag {
                Policy::End => return Next::End(CloseReason::Lagged),
                Policy::Skip => {
                    let missed = log.gone - self.behind;
                    self.missed += missed as u64;
                    self.behind = log.gone;
                    return Next::Notice(Payload::new("lagged", missed.to_string()), None);
                }
                Policy::Newest => {
                    log.expire(now);
                    let before_newest = log.newest().saturating_sub(1).max(log.gone);
                    self.missed += (before_newest - self.behind) as u64;
                    self.behind = before_newest;
                }
            }
        }
        if let Some(published) = log.published.get(self.behind) {
            self.behind += 1;
            return Next::Event(published.payload.clone(), self.behind);
        }
        match log.is_closed {
            true => Next::End(CloseReason::Completed),
            false => Next::Pending,
        }
    }

    /// Returns why the stream has ended, if its server has got all of it.
    pub(crate) fn seen_end(&self) -> Option<CloseReason> {
        self.end.filter(|_| self.frames.is_empty())
    }

    /// Returns whether its task has been woken so often since it began to wait.
    pub(crate) fn is_woken(&self, log: &Log, wakes: usize) -> bool {
        let Some(since) = self.waits_since else {
            return true;
        };
        match (log.tellings > since, self.wakes) {
            (true, (0, most)) => wakes == most,
            (true, (least, most)) => (least..=most).contains(&wakes),
            (false, (least, _)) => wakes == least,
        }
    }
}
