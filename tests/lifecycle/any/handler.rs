use std::collections::VecDeque;

use super::{
    inner::{Act, PIECES},
    setting::Kind,
};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Polled {
    Data(Vec<u8>),
    Trailers,
    Failed,
    Panicked,
    End,
    Pending,
}

/// What a handler's stream should do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Handler {
    kind: Kind,
    pub(crate) acts: VecDeque<Act>,
    end: EventsEnd,
    pub(crate) events: u64,
}

/// How far a stream of events is with its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum EventsEnd {
    NotYet,
    Ended,
    Failed,
    Flushed,
}

impl Handler {
    pub(crate) fn new(kind: Kind) -> Self {
        Self {
            kind,
            acts: VecDeque::new(),
            end: EventsEnd::NotYet,
            events: 0,
        }
    }

    pub(crate) fn is_end(&self) -> bool {
        match self.kind {
            Kind::Adopted { announces } => announces && self.acts.front() == Some(&Act::End),
            Kind::Zipped => false,
            Kind::Typed => self.end == EventsEnd::Ended,
        }
    }

    /// Returns what the handler's stream does, `None` if nothing.
    pub(crate) fn act(&mut self) -> Option<Polled> {
        if self.kind == Kind::Typed {
            return self.act_typed();
        }
        Some(match self.acts.pop_front()? {
            Act::Data(piece) => Polled::Data(PIECES[piece].to_vec()),
            Act::Trailers => Polled::Trailers,
            Act::Fail => Polled::Failed,
            Act::End => Polled::End,
            Act::Panic => Polled::Panicked,
        })
    }

    /// All events that are there make one frame.
    fn act_typed(&mut self) -> Option<Polled> {
        let mut frame = Vec::new();
        while self.end == EventsEnd::NotYet {
            match self.acts.pop_front() {
                Some(Act::Data(number)) => {
                    self.events += 1;
                    frame.extend(format!("data: {number}\n\n").into_bytes());
                }
                Some(Act::Trailers) => {}
                Some(Act::Fail) => self.end = EventsEnd::Failed,
                Some(Act::End) => self.end = EventsEnd::Ended,
                Some(Act::Panic) => return Some(Polled::Panicked),
                None => break,
            }
        }
        if !frame.is_empty() {
            return Some(Polled::Data(frame));
        }
        match self.end {
            EventsEnd::NotYet => None,
            EventsEnd::Ended => Some(Polled::End),
            EventsEnd::Failed => {
                self.end = EventsEnd::Flushed;
                None
            }
            EventsEnd::Flushed => Some(Polled::Failed),
        }
    }
}
