use std::{fmt, time::Duration};

use crate::CloseReason;

/// What the operator asked to know of a request, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Labels(Vec<(&'static str, String)>);

impl Labels {
    pub(crate) fn push(&mut self, name: &'static str, value: String) {
        self.0.push((name, value));
    }

    /// Returns the value of a label, if the request has it.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter()
            .find_map(|(key, value)| (key == name).then_some(value))
    }

    /// Returns all labels that the request has.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.0.iter().map(|(name, value)| (*name, value.as_str()))
    }
}

impl fmt::Display for Labels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, (name, value)) in self.iter().enumerate() {
            let comma = if place > 0 { "," } else { "" };
            write!(f, "{comma}{name}={value}")?;
        }
        Ok(())
    }
}

/// What a stream came to, told when it has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StreamSummary {
    /// Why it ended.
    pub reason: CloseReason,
    /// How long it was open.
    pub duration: Duration,
    /// How many events the stream sent. `None` for an adopted stream, whose events are not
    /// counted.
    pub events: Option<u64>,
    /// How many events the client missed: those of a channel off whose log it had fallen. 0 where
    /// its stream ended for it.
    pub missed: u64,
    /// How many frames were handed to the server, heartbeats included.
    pub frames: u64,
    /// How many bytes were in them.
    pub bytes: u64,
    /// How many heartbeats were sent.
    pub heartbeats: u64,
    /// How long after the trigger of the layer's [`Shutdown`](crate::Shutdown) it ended, whatever
    /// ended it. `None` where no shutdown had begun.
    pub drain: Option<Duration>,
    /// What the layer's labels say of the request.
    pub labels: Labels,
}

/// What a stream has sent since it was last told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Progress {
    pub(crate) events: u64,
    pub(crate) missed: u64,
    pub(crate) frames: u64,
    pub(crate) bytes: u64,
    pub(crate) heartbeats: u64,
}

impl Progress {
    /// Returns what has been added since.
    pub(crate) fn since(self, before: Self) -> Self {
        Self {
            events: self.events - before.events,
            missed: self.missed - before.missed,
            frames: self.frames - before.frames,
            bytes: self.bytes - before.bytes,
            heartbeats: self.heartbeats - before.heartbeats,
        }
    }
}

impl fmt::Display for StreamSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} after {:.1?}", self.reason, self.duration)?;
        if let Some(events) = self.events {
            write!(f, ", {events} events")?;
        }
        if self.missed > 0 {
            write!(f, ", {} missed", self.missed)?;
        }
        write!(
            f,
            ", {} frames, {} bytes, {} heartbeats",
            self.frames, self.bytes, self.heartbeats
        )?;
        match self.drain {
            Some(drain) => write!(f, ", {drain:.1?} after the shutdown began"),
            None => Ok(()),
        }
    }
}
