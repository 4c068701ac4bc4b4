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

/// What a stream came to, told when it has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StreamSummary {
    /// Why it ended.
    pub reason: CloseReason,
    /// How long it was open.
    pub duration: Duration,
    /// How many events the handler sent. `None` for an adopted stream, whose events are not
    /// counted.
    pub events: Option<u64>,
    /// How many frames were handed to the server, heartbeats included.
    pub frames: u64,
    /// How many bytes were in them.
    pub bytes: u64,
    /// How many heartbeats were sent.
    pub heartbeats: u64,
    /// What the layer's labels say of the request.
    pub labels: Labels,
}

impl fmt::Display for StreamSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} after {:?}", self.reason, self.duration)?;
        if let Some(events) = self.events {
            write!(f, ", {events} events")?;
        }
        write!(
            f,
            ", {} frames, {} bytes, {} heartbeats",
            self.frames, self.bytes, self.heartbeats
        )
    }
}
