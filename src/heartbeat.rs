use std::time::Duration;

use bytes::Bytes;

use crate::{EncodedEvent, Encoder, Event, boundary::Boundary};

const COMMENT: &[u8] = b":\n";

static DEFAULT: Heartbeat = Heartbeat::every(Duration::from_secs(15));

/// What is sent when a stream has been silent for a while, so that proxies do not take it for dead.
///
/// By default a comment every 15 seconds, which pages do not see. It is sent only when nothing
/// else has been: the silence never exceeds the interval, and a busy stream has no heartbeats. A
/// comment is a line, without a blank line after it, which some clients that keep the last id take for
/// the end of an event. So it may also stand within an event; in the middle of a line nothing can be
/// written: there none is, and the interval begins anew with the next bytes.
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
    comment: Bytes,
    /// What is sent between events, in place of the comment.
    event: Option<EncodedEvent>,
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
            comment: Bytes::from_static(COMMENT),
            event: None,
        }
    }

    /// Sends a comment with this text.
    pub fn comment(mut self, text: &str) -> Self {
        let mut encoder = Encoder::new();
        encoder.comment(text);
        self.comment = encoder.take_exact();
        self.event = None;
        self
    }

    /// Sends an event; in the middle of another event, where it cannot be, an empty comment.
    ///
    /// One without data, which no client dispatches, is the comment that it has, or an empty one.
    pub fn event(self, event: Event) -> Self {
        let comments = Self::comments(self.interval);
        match (&event.data, &event.comment) {
            (Some(_), _) => Self {
                event: Some(event.into()),
                ..comments
            },
            (None, Some(comment)) => comments.comment(comment),
            (None, None) => comments,
        }
    }

    /// Returns the default where there is none, without a copy for each stream.
    pub(crate) fn or_default(set: Option<&Self>) -> &Self {
        set.unwrap_or(&DEFAULT)
    }

    pub(crate) fn interval(&self) -> Option<Duration> {
        self.interval
    }

    /// Returns what may be sent at this place.
    pub(crate) fn at(&self, boundary: Boundary) -> Option<Bytes> {
        match &self.event {
            Some(event) if boundary == Boundary::Event => Some(event.clone().into()),
            _ => boundary.is_line().then(|| self.comment.clone()),
        }
    }
}

impl Default for Heartbeat {
    fn default() -> Self {
        DEFAULT.clone()
    }
}
