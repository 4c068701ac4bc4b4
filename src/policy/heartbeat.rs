use std::{fmt, sync::Arc, time::Duration};

use bytes::Bytes;

use crate::{EncodedEvent, Encoder, Event, wire::Boundary};

const COMMENT: &[u8] = b":\n";

static DEFAULT: Heartbeat = Heartbeat::every(Duration::from_secs(15));

/// A comment or event that is sent when a stream has been silent for a while, so that proxies do
/// not close the connection.
///
/// The default is a comment every 15 seconds, which pages do not see. It is sent only if nothing
/// else has been: the silence never exceeds the interval, and a busy stream has no heartbeats. A
/// comment is a line without a blank line after it, which some clients that keep the last id take
/// for the end of an event. So it may also stand within an event. Nothing can be written in the
/// middle of a line: there no heartbeat is sent, and the interval starts again with the next bytes.
///
/// All clients ignore a comment. An event is another matter: see [`event`](Self::event).
///
/// Heartbeats are for proxies, which close a silent connection (nginx after 60 seconds by default).
/// They do not prove that the client is still there: TCP finds that out.
///
/// ```
/// use std::time::Duration;
/// use tower_sse::{Event, EventName, Heartbeat};
///
/// let quiet = Heartbeat::every(Duration::from_secs(25));
/// let named = Heartbeat::every(Duration::from_secs(25)).comment("ping");
/// // For pages that watch the connection:
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
    /// What makes the comment and the event anew at each heartbeat.
    make: Option<Make>,
}

#[derive(Clone)]
struct Make(Arc<dyn Fn(u64) -> Event + Send + Sync>);

impl Heartbeat {
    /// Sends an empty comment after each interval of silence.
    ///
    /// An interval under a millisecond counts as one millisecond.
    pub const fn every(interval: Duration) -> Self {
        let interval = if interval.as_millis() == 0 {
            Duration::from_millis(1)
        } else {
            interval
        };
        Self::comments(Some(interval))
    }

    /// Sends no heartbeats.
    pub const fn off() -> Self {
        Self::comments(None)
    }

    const fn comments(interval: Option<Duration>) -> Self {
        Self {
            interval,
            comment: Bytes::from_static(COMMENT),
            event: None,
            make: None,
        }
    }

    /// Sets the text of the comment.
    pub fn comment(self, text: &str) -> Self {
        self.event(Event::default().comment(text.to_owned()))
    }

    /// Sends an event in place of the comment. In the middle of another event, where it cannot
    /// stand, only its comment is sent, or an empty one. It replaces an earlier
    /// [`comment`](Self::comment).
    ///
    /// If the event has no data, only its comment is sent, or an empty one: its `retry`, name and
    /// id are dropped. The id of any other event is dropped too, because the client would reconnect
    /// with it in place of the id of its last event.
    ///
    /// Clients that are no browsers may fail at an event of an unknown name, or pass it to the
    /// program: see [Which clients accept what](crate::guide::clients#which-clients-accept-what).
    pub fn event(self, mut event: Event) -> Self {
        event.id = None;
        Self {
            comment: comment_of(&event),
            event: event.data.is_some().then(|| event.into()),
            ..Self::comments(self.interval)
        }
    }

    /// Sends, as [`event`](Self::event) does, an event that the closure makes for each heartbeat.
    /// Its argument is the number of heartbeats that the stream has had before: 0 for the first.
    ///
    /// The closure runs in the server's task: it must not block. If it panics, the stream fails
    /// ([`CloseReason::Failed`](crate::CloseReason::Failed)). Two heartbeats with closures are
    /// equal if they are clones of one.
    ///
    /// ```
    /// use std::time::{Duration, SystemTime};
    /// use tower_sse::{Event, Heartbeat};
    ///
    /// let heartbeat = Heartbeat::every(Duration::from_secs(20)).event_with(|count| {
    ///     let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    ///     Event::default().comment(format!("{count}: {:?}", now.unwrap_or_default()))
    /// });
    /// # assert_eq!(heartbeat.clone(), heartbeat);
    /// ```
    pub fn event_with(self, event: impl Fn(u64) -> Event + Send + Sync + 'static) -> Self {
        Self {
            make: Some(Make(Arc::new(event))),
            ..Self::comments(self.interval)
        }
    }

    /// Returns the default if none is set, without a copy for each stream.
    pub(crate) fn or_default(set: Option<&Self>) -> &Self {
        set.unwrap_or(&DEFAULT)
    }

    pub(crate) fn interval(&self) -> Option<Duration> {
        self.interval
    }

    /// Returns the heartbeat that may be sent at this boundary, in a stream that has had so many
    /// before.
    pub(crate) fn at(&self, boundary: Boundary, count: u64) -> Option<Bytes> {
        if !boundary.is_line() {
            return None;
        }
        let is_between_events = boundary == Boundary::Event;
        let Some(Make(make)) = &self.make else {
            let event = self.event.clone().filter(|_| is_between_events);
            return Some(event.map_or_else(|| self.comment.clone(), Bytes::from));
        };
        let mut event = make(count);
        event.id = None;
        match event.data {
            Some(_) if is_between_events => Some(EncodedEvent::from(event).into()),
            _ => Some(comment_of(&event)),
        }
    }
}

/// Returns the comment of an event, or an empty one, as lines without a blank line after them.
fn comment_of(event: &Event) -> Bytes {
    let Some(comment) = &event.comment else {
        return Bytes::from_static(COMMENT);
    };
    let mut encoder = Encoder::new();
    encoder.comment(comment);
    encoder.take_exact()
}

impl Default for Heartbeat {
    fn default() -> Self {
        DEFAULT.clone()
    }
}

impl fmt::Debug for Make {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Make")
    }
}

impl PartialEq for Make {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Make {}
