use std::{collections::VecDeque, mem};

use super::{
    inner::{Act, PIECES},
    setting::Kind,
};

/// What comes out of a stream that is polled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Polled {
    Data(Vec<u8>),
    Trailers,
    /// With the text of the error and its causes.
    Failed(String),
    End,
    Pending,
}

/// What a handler's stream should do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Handler {
    kind: Kind,
    pub(crate) acts: VecDeque<Act>,
    end: EventsEnd,
    /// Whether the server is to see that there was no more before it asks again.
    pub(crate) owes_pending: bool,
    /// Whether the end of a body was found behind its last frame.
    has_found_end: bool,
    pub(crate) events: u64,
    /// The error that the client got an event of.
    pub(crate) concluded: Option<String>,
}

/// How far a stream of events is with its end.
#[derive(Clone, Debug, PartialEq, Eq)]
enum EventsEnd {
    NotYet,
    Ended,
    Failed(String),
    /// The server has had a chance to flush.
    Flushed(String),
}

impl Handler {
    pub(crate) fn new(kind: Kind) -> Self {
        Self {
            kind,
            acts: VecDeque::new(),
            end: EventsEnd::NotYet,
            owes_pending: false,
            has_found_end: false,
            events: 0,
            concluded: None,
        }
    }

    pub(crate) fn is_end(&self) -> bool {
        if self.has_found_end {
            return true;
        }
        match self.kind {
            Kind::Adopted { announces } => announces && self.acts.front() == Some(&Act::End),
            Kind::Typed { .. } => self.end == EventsEnd::Ended,
            Kind::Zipped | Kind::NotFound => false,
        }
    }

    /// Returns what the handler's stream does, `None` if nothing.
    pub(crate) fn act(&mut self) -> Option<Polled> {
        if mem::take(&mut self.owes_pending) {
            return None;
        }
        if let Kind::Typed { on_error, .. } = self.kind {
            return self.act_typed(on_error);
        }
        let mut frame = Vec::new();
        while let Some(Act::Data(piece)) = self.acts.front() {
            frame.extend(PIECES[*piece]);
            self.acts.pop_front();
        }
        if !frame.is_empty() {
            self.owes_pending = self.acts.is_empty();
            self.has_found_end = self.acts.front() == Some(&Act::End);
            return Some(Polled::Data(frame));
        }
        let act = self.acts.pop_front()?;
        Some(match act {
            Act::Data(_) => unreachable!("it is in the frame"),
            Act::Trailers => Polled::Trailers,
            Act::End => Polled::End,
            Act::Fail => Polled::Failed("the response body failed: failed".to_owned()),
            Act::Panic => Polled::Failed("the stream of events panicked: panicked".to_owned()),
        })
    }

    /// All events that are there make one frame.
    fn act_typed(&mut self, on_error: bool) -> Option<Polled> {
        let mut frame = Vec::new();
        while self.end == EventsEnd::NotYet {
            match self.acts.pop_front() {
                Some(Act::Data(number)) => {
                    self.events += 1;
                    frame.extend(format!("data: {number}\n\n").into_bytes());
                }
                Some(Act::Trailers) => {}
                Some(Act::End) => self.end = EventsEnd::Ended,
                Some(Act::Fail) => frame.extend(self.fail("failed", "failed", on_error)),
                Some(Act::Panic) => frame.extend(self.fail("panicked", "panicked", on_error)),
                None => {
                    self.owes_pending = !frame.is_empty();
                    break;
                }
            }
        }
        if !frame.is_empty() {
            return Some(Polled::Data(frame));
        }
        match self.end.clone() {
            EventsEnd::NotYet => None,
            EventsEnd::Ended => Some(Polled::End),
            EventsEnd::Failed(text) => {
                self.end = EventsEnd::Flushed(text);
                None
            }
            EventsEnd::Flushed(text) => Some(Polled::Failed(text)),
        }
    }

    /// Fails, or ends with the event that the user makes of the error.
    fn fail(&mut self, what: &str, cause: &str, on_error: bool) -> Vec<u8> {
        let text = format!("the stream of events {what}: {cause}");
        if !on_error {
            self.end = EventsEnd::Failed(text);
            return Vec::new();
        }
        self.events += 1;
        self.end = EventsEnd::Ended;
        self.concluded = Some(text);
        format!("event: oops\ndata: {cause}\n\n").into_bytes()
    }
}
