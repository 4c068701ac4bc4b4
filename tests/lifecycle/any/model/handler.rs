use std::{collections::VecDeque, mem};

use crate::any::{
    commands::{Action, Kind, PIECES},
    polled::Polled,
};

/// The stream of a handler.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Handler {
    kind: Kind,
    pub(crate) actions: VecDeque<Action>,
    end: EventsEnd,
    /// Whether the next poll is pending, which has the server flush the last frame.
    pub(crate) owes_pending: bool,
    /// Whether the end of the body was found right after its last frame.
    has_found_end: bool,
    pub(crate) events: u64,
    /// The error that became the last event.
    pub(crate) concluded: Option<String>,
}

/// How a stream of events has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
enum EventsEnd {
    NotYet,
    Ended,
    Failed(String),
    /// The same after a pending poll, which has the server flush.
    Flushed(String),
}

impl Handler {
    pub(crate) fn new(kind: Kind) -> Self {
        Self {
            kind,
            actions: VecDeque::new(),
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
            Kind::Adopted { announces } => announces && self.actions.front() == Some(&Action::End),
            Kind::Typed { .. } => self.end == EventsEnd::Ended,
            Kind::Compressed | Kind::NotFound => false,
        }
    }

    /// Returns the outcome of the next poll, `None` if there is nothing yet.
    pub(crate) fn next(&mut self) -> Option<Polled> {
        if mem::take(&mut self.owes_pending) {
            return None;
        }
        if let Kind::Typed {
            has_error_event, ..
        } = self.kind
        {
            return self.next_typed(has_error_event);
        }
        let mut frame = Vec::new();
        while let Some(Action::Data(piece)) = self.actions.front() {
            frame.extend(PIECES[*piece]);
            self.actions.pop_front();
        }
        if !frame.is_empty() {
            self.owes_pending = self.actions.is_empty();
            self.has_found_end = self.actions.front() == Some(&Action::End);
            return Some(Polled::Data(frame));
        }
        let action = self.actions.pop_front()?;
        Some(match action {
            Action::Data(_) => unreachable!("it is in the frame"),
            Action::Trailers => Polled::Trailers,
            Action::End => Polled::End,
            Action::Fail => Polled::Failed("the response body failed: failed".to_owned()),
            Action::Panic => Polled::Failed("the stream of events panicked: panicked".to_owned()),
        })
    }

    /// Puts all events that are ready into one frame.
    fn next_typed(&mut self, has_error_event: bool) -> Option<Polled> {
        let mut frame = Vec::new();
        while self.end == EventsEnd::NotYet {
            match self.actions.pop_front() {
                Some(Action::Data(number)) => {
                    self.events += 1;
                    frame.extend(format!("data: {number}\n\n").into_bytes());
                }
                Some(Action::Trailers) => {}
                Some(Action::End) => self.end = EventsEnd::Ended,
                Some(Action::Fail) => frame.extend(self.fail("failed", "failed", has_error_event)),
                Some(Action::Panic) => {
                    frame.extend(self.fail("panicked", "panicked", has_error_event))
                }
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

    /// Fails, or ends with the event that the handler makes of the error.
    fn fail(&mut self, what: &str, cause: &str, has_error_event: bool) -> Vec<u8> {
        let text = format!("the stream of events {what}: {cause}");
        if !has_error_event {
            self.end = EventsEnd::Failed(text);
            return Vec::new();
        }
        self.events += 1;
        self.end = EventsEnd::Ended;
        self.concluded = Some(text);
        format!("event: oops\ndata: {cause}\n\n").into_bytes()
    }
}
