//! An event, and its setters.

use std::{borrow::Cow, iter::repeat_n, time::Duration};

use super::{EventData, EventId, EventName, IntoEventId, IntoEventName};

/// An event to send.
///
/// Every value of this type can be sent: ids and names are validated when they are made, and data and
/// comments are split at their line ends. Setters replace earlier values; only
/// [`comment`](Self::comment) adds to them.
///
/// ```
/// use std::time::Duration;
/// use tower_sse::{EncodedEvent, Event, EventName};
///
/// const TICK: EventName = EventName::from_static("tick");
///
/// let event = Event::new("one\ntwo").name(TICK).id(42u64).retry(Duration::from_secs(2));
///
/// assert_eq!(
///     EncodedEvent::from(event).as_bytes(),
///     b"event: tick\nid: 42\nretry: 2000\ndata: one\ndata: two\n\n",
/// );
/// ```
///
/// Browsers do not dispatch an event without data: begin with `Event::default()` to send only a comment
/// or a `retry`. Empty data counts as data. Some other clients treat a block without data as an event, or
/// fail on it ([Which clients accept what](crate::guide::clients#which-clients-accept-what)): for those,
/// add the `retry` or the comment to an event that has data.
///
/// Some browsers take seconds to read a line of several MiB: split such a payload into lines or into
/// several events.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use = "an event does nothing until it is sent"]
pub struct Event {
    pub(crate) comment: Option<Cow<'static, str>>,
    pub(crate) name: Option<EventName>,
    pub(crate) id: Option<EventId>,
    pub(crate) retry: Option<Duration>,
    pub(crate) data: Option<EventData>,
}

impl Event {
    /// Creates an event with data: static text, a `String` or `Bytes`, none of which is copied.
    ///
    /// Call `.to_owned()` on other text first, because the event outlives it.
    pub fn new(data: impl Into<EventData>) -> Self {
        Self::default().data(data)
    }

    /// Creates an event whose data is a list of lines.
    ///
    /// A client reads the lines joined by LF. An empty list is no data; one empty line is empty data.
    ///
    /// ```
    /// use tower_sse::Event;
    ///
    /// assert_eq!(Event::lines(["one", "two"]), Event::new("one\ntwo"));
    /// ```
    pub fn lines<I>(lines: I) -> Self
    where
        I: IntoIterator,
        I::Item: AsRef<str>,
    {
        let mut lines = lines.into_iter();
        let Some(first) = lines.next() else {
            return Self::default();
        };
        // Joined into one text, which is split again when it is sent: lines may have line ends, too.
        let first = first.as_ref().to_owned();
        Self::new(lines.fold(first, |text, line| join(text, line.as_ref())))
    }

    /// Creates a checkpoint: the client remembers the id, and a page sees no event.
    ///
    /// It is an event named `checkpoint` with empty data, because not all browsers keep an id without
    /// data, although WHATWG HTML 9.2.6 requires it. Give it another [`name`](Self::name) if a page
    /// listens to `checkpoint`.
    pub fn checkpoint(id: impl IntoEventId) -> Self {
        Self::new("")
            .name(EventName::from_static("checkpoint"))
            .id(id)
    }

    /// Creates an event named `close` with empty data, which notifies a page that the stream is complete.
    ///
    /// The page should then call `EventSource.close()`; otherwise the browser reconnects.
    /// [`EventStream::final_event`](crate::EventStream::final_event) sends it last, and
    /// [`stop_reconnecting`](crate::stop_reconnecting) answers clients that reconnect all the same.
    pub fn close() -> Self {
        Self::new("").name(EventName::from_static("close"))
    }

    /// Sets the data.
    pub fn data(mut self, data: impl Into<EventData>) -> Self {
        self.data = Some(data.into());
        self
    }

    /// Sets the name: the type that a page passes to `addEventListener`. The default is `message`.
    ///
    /// For a name in the program use `EventName::from_static("tick")`, best as a `const`; for any other
    /// text use `EventName::try_from(text)?`.
    pub fn name(mut self, name: impl IntoEventName) -> Self {
        self.name = Some(name.into_event_name());
        self
    }

    /// Sets the id, which the client sends back as `Last-Event-ID` when it reconnects.
    ///
    /// It also holds for later events without an id. [`EventId::EMPTY`] resets it.
    ///
    /// Integers can be passed directly; for text use `EventId::try_from(text)?`.
    pub fn id(mut self, id: impl IntoEventId) -> Self {
        self.id = Some(id.into_event_id());
        self
    }

    /// Sets the time that the client waits before it reconnects, now and later.
    ///
    /// It is sent in whole milliseconds, rounded up, at most 2^31 - 1 (24 days). Firefox waits at least
    /// half a second.
    pub fn retry(mut self, retry: Duration) -> Self {
        self.retry = Some(retry);
        self
    }

    /// Adds a comment, which clients ignore. Each of its lines is sent as a comment line.
    ///
    /// ```
    /// use tower_sse::{EncodedEvent, Event};
    ///
    /// let event = Event::default().comment("hello\nworld");
    /// assert_eq!(EncodedEvent::from(event).as_bytes(), b": hello\n: world\n\n");
    /// ```
    pub fn comment(mut self, comment: impl Into<Cow<'static, str>>) -> Self {
        let comment = comment.into();
        self.comment = Some(match self.comment {
            None => comment,
            Some(before) => join(before.into_owned(), &comment).into(),
        });
        self
    }
}

/// Adds a line to others. A CR at their end is a line end by itself, and must not become half of a CRLF.
/// The same goes for each of several.
fn join(mut lines: String, line: &str) -> String {
    let end = lines.trim_end_matches('\r').len();
    let ends = lines.len() - end + 1;
    lines.truncate(end);
    lines.extend(repeat_n('\n', ends));
    lines.push_str(line);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joins_lines_that_have_ends_of_their_own() {
        let event = Event::lines(["a\r", "b\n", "c\r\n", "d"]);
        assert_eq!(event, Event::new("a\n\nb\n\nc\r\n\nd"));
        let event = Event::lines(["a\r\r", "b\n\r", "\r\r\r", ""]);
        assert_eq!(event, Event::new("a\n\n\nb\n\n\n\n\n\n\n"));
    }

    #[test]
    fn joins_comments_that_have_ends_of_their_own() {
        let event = Event::default().comment("a\r\r").comment("b");
        assert_eq!(
            crate::EncodedEvent::from(event).as_bytes(),
            b": a\n:\n:\n: b\n\n"
        );
    }

    #[test]
    fn distinguishes_no_lines_from_an_empty_one() {
        assert_eq!(Event::lines([""; 0]), Event::default());
        assert_eq!(Event::lines([""]), Event::new(""));
    }
}
