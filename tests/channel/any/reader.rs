use std::collections::VecDeque;

use tower_sse::CloseReason;

use super::{
    log::{Id, Log},
    payload::Payload,
    setting::{Answer, Policy},
};
use crate::{decode::Seen, served::Polled};

/// A subscriber as it should be.
#[derive(Clone, Debug)]
pub(crate) struct Reader {
    pub(crate) log: usize,
    /// How many events are behind it.
    behind: usize,
    opening: VecDeque<Opening>,
    /// Whether a gap is being filled.
    is_filling: bool,
    frame_size: usize,
    pub(crate) events: u64,
    pub(crate) missed: u64,
    /// How many it has missed without a word, until the next event.
    pub(crate) owed: u64,
    pub(crate) end: Option<CloseReason>,
    /// Whether its body has been told to be at its end.
    pub(crate) is_over: bool,
    /// What those who wait had been told when it began to wait.
    pub(crate) waits_since: Option<u64>,
}

#[derive(Clone, Debug)]
enum Opening {
    /// With the id of this number.
    Event(Payload, usize),
    Failure,
}

enum Next {
    Event(Payload, usize),
    End(CloseReason),
    Pending,
}

impl Reader {
    pub(crate) fn new(log: usize, behind: usize, frame_size: usize) -> Self {
        Self {
            log,
            behind,
            opening: VecDeque::new(),
            is_filling: false,
            frame_size: frame_size.max(1),
            events: 0,
            missed: 0,
            owed: 0,
            end: None,
            is_over: false,
            waits_since: None,
        }
    }

    pub(crate) fn preceded_by(mut self, payload: Payload) -> Self {
        let event = Opening::Event(payload, self.behind);
        self.opening.push_back(event);
        self
    }

    /// Makes one that cannot resume.
    pub(crate) fn after_gap(index: usize, log: &Log, id: &Id, frame_size: usize) -> Self {
        let held = Self::new(index, log.gone, frame_size);
        match log.setting.on_gap {
            Answer::Tell => held.preceded_by(Payload::new("gap", log.oldest().unwrap_or_default())),
            Answer::Live => Self::new(index, log.newest(), frame_size)
                .preceded_by(Payload::new("checkpoint", "")),
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
        let (mut frame, mut len) = (Vec::<Seen>::new(), 0);
        while self.end.is_none() && len < self.frame_size {
            match self.next(log, now) {
                Next::Event(payload, number) => {
                    let id = log.id_text(number);
                    len += payload.len(&id);
                    frame.push(payload.seen(&id));
                    self.events += 1;
                }
                Next::End(reason) => {
                    self.end = Some(reason);
                    log.readers -= 1;
                }
                Next::Pending => break,
            }
        }
        self.waits_since = None;
        if !frame.is_empty() {
            return Polled::Frame(frame);
        }
        if self.end.is_some() {
            self.is_over = true;
            return Polled::End;
        }
        self.waits_since = Some(log.tellings);
        Polled::Pending
    }

    fn next(&mut self, log: &mut Log, now: u64) -> Next {
        match self.opening.pop_front() {
            Some(Opening::Event(payload, number)) => return Next::Event(payload, number),
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
                    return Next::Event(Payload::new("lagged", missed.to_string()), self.behind);
                }
                Policy::Newest => {
                    log.expire(now);
                    let before_newest = log.newest().saturating_sub(1).max(log.gone);
                    self.owed += (before_newest - self.behind) as u64;
                    self.behind = before_newest;
                    if log.published.len() == before_newest {
                        self.missed += std::mem::take(&mut self.owed);
                    }
                }
            }
        }
        if let Some(published) = log.published.get(self.behind) {
            self.missed += std::mem::take(&mut self.owed);
            self.behind += 1;
            return Next::Event(published.payload.clone(), self.behind);
        }
        match log.is_closed {
            true => Next::End(CloseReason::Completed),
            false => Next::Pending,
        }
    }

    /// Returns how often its task has been woken since it began to wait.
    pub(crate) fn wakes(&self, log: &Log) -> Option<usize> {
        let since = self.waits_since?;
        Some(usize::from(log.tellings > since))
    }
}
