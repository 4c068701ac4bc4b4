use std::time::Duration;

use bytes::Bytes;

use crate::{EncodedEvent, Event, boundary::Boundary};

const LINE: &[u8] = b":\n";
const BLOCK: &[u8] = b":\n\n";

/// What is sent when a stream has been silent for a while, so that proxies do not take it for dead.
///
/// By default a comment every 15 seconds, which pages do not see. It is sent only when nothing
/// else has been: the silence never exceeds the interval, and a busy stream has no heartbeats. One
/// that falls due in the middle of an event is written as a comment line. In the middle of a line
/// nothing can be written: there none is, and the interval begins anew with the next bytes.
///
/// It is for the proxies in between, which cut a silent connection (nginx after 60 seconds, unless
/// told otherwise). It is no proof that the client is there: that is for TCP to find out.
///
/// ```
/// use std::time::Duration;
/// use tower_sse::{Event, EventName, Heartbeat};
///
/// let quiet = Heartbeat::every(Duration::from_secs(25));
/// let named = Heartbeat::every(Duration::from_secs(25)).comment("ping");
/// // For clients that stumble over a comment, and pages that watch the connection:
/// const PING: EventName = EventName::from_static("ping");
/// let event = Heartbeat::every(Duration::from_secs(25)).event(Event::new("").name(PING));
/// # assert_ne!(quiet, named); assert_ne!(named, event);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a heartbeat does nothing until a layer or a response has it"]
pub struct Heartbeat {
    interval: Option<Duration>,
    /// Between events.
    block: Bytes,
    /// At the start of a line.
    line: Bytes,
    /// Whether the block is an event that clients dispatch.
    event: bool,
}

impl Heartbeat {
    /// Sends an empty comment after each interval of silence.
    ///
    /// An interval under a millisecond counts as one.
    pub const fn every(interval: Duration) -> Self {
        let interval = if interval.as_millis() == 0 {
            Duration::from_millis(1)
        } else {
            interval
        };
        Self::comments(Some(interval))
    }

    /// Sends nothing.
    pub const fn off() -> Self {
        Self::comments(None)
    }

    const fn comments(interval: Option<Duration>) -> Self {
        Self {
            interval,
            block: Bytes::from_static(BLOCK),
            line: Bytes::from_static(LINE),
            event: false,
        }
    }

    /// Sends a comment with this text.
    pub fn comment(mut self, text: &str) -> Self {
        let event = Event::default().comment(text.to_owned());
        self.block = EncodedEvent::from(event).into();
        // Without the blank line.
        self.line = self.block.slice(..self.block.len() - 1);
        self.event = false;
        self
    }

    /// Sends an event; in the middle of another event, where it cannot be, an empty comment.
    ///
    /// Clients dispatch it only if it has data, such as `""`. An event of nothing is an empty
    /// comment.
    pub fn event(self, event: Event) -> Self {
        let block = Bytes::from(EncodedEvent::from(&event));
        let mut this = Self::comments(self.interval);
        if !block.is_empty() {
            this.block = block;
            this.event = event.data.is_some();
        }
        this
    }

    pub(crate) fn interval(&self) -> Option<Duration> {
        self.interval
    }

    /// Returns what may be sent at this place. `opening` is after a preamble, whose lines belong
    /// to the first event: a comment must not end its block, an event may join it.
    pub(crate) fn at(&self, boundary: Boundary, opening: bool) -> Option<Bytes> {
        if boundary == Boundary::Event && (self.event || !opening) {
            Some(self.block.clone())
        } else if boundary.is_line() {
            Some(self.line.clone())
        } else {
            None
        }
    }
}

impl Default for Heartbeat {
    fn default() -> Self {
        Self::every(Duration::from_secs(15))
    }
}
