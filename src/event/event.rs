use std::{borrow::Cow, iter::repeat_n, time::Duration};

use super::{EventData, EventId, EventName, IntoEventId, IntoEventName};

/// An event to send.
///
/// Every value that has been built can be sent: ids and names are checked where they enter the
/// program, data and comments are split at their line ends. Setters replace what was set before;
/// only [`comment`](Self::comment) adds to it.
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
/// Browsers do not dispatch an event without data: `Event::default()` is the start of one that has
/// only a comment or a `retry`. Empty data is data. Some other clients take a block without data for an
/// event, or fail at it ([Which clients accept
/// what](crate::guide::clients#which-clients-accept-what)): for those put the `retry` or the comment on
/// an event that has data.
///
/// Some browsers take seconds for a line of several MiB: split such a payload into lines or into
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
    /// Makes an event that has data: static text, a `String` or `Bytes`, none of them copied.
    ///
    /// Other text is `.to_owned()` first, for the event outlives it.
    pub fn new(data: impl Into<EventData>) -> Self {
        Self::default().data(data)
    }

    /// Makes an event whose data is a list of lines.
    ///
    /// A client reads the lines joined by LF. No lines are no data; one empty line is empty data.
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
        let first = first.as_ref().to_owned();
        Self::new(lines.fold(first, |text, line| join(text, line.as_ref())))
    }

    /// Makes a checkpoint: the client remembers the id, and no page sees an event.
    ///
    /// It is an event named `checkpoint` with empty data, since not all browsers keep an id that
    /// comes without data, as WHATWG HTML 9.2.6 requires. Give it another
    /// [`name`](Self::name) if somebody listens to `checkpoint`.
    pub fn checkpoint(id: impl IntoEventId) -> Self {
        Self::new("")
            .name(EventName::from_static("checkpoint"))
            .id(id)
    }

    /// Makes an event named `close` with empty data, by which a page can tell that the stream is
    /// finished and call `EventSource.close()`; otherwise it would reconnect.
    ///
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

    /// Sets the name: the type that a page gives to `addEventListener`. By default it is
    /// `message`.
    ///
    /// A name in the program is `EventName::from_static("tick")`, best as a `const`; any other text
    /// goes through `EventName::try_from(text)?`.
    pub fn name(mut self, name: impl IntoEventName) -> Self {
        self.name = Some(name.into_event_name());
        self
    }

    /// Sets the id, which the client sends back as `Last-Event-ID` when it reconnects.
    ///
    /// It holds for later events that have none. [`EventId::EMPTY`] takes it back.
    ///
    /// Integers are ids as they are; text goes through `EventId::try_from(text)?`.
    pub fn id(mut self, id: impl IntoEventId) -> Self {
        self.id = Some(id.into_event_id());
        self
    }

    /// Sets the time that the client waits before it reconnects, from now on.
    ///
    /// Sent in whole milliseconds, rounded up, at most 2^31 - 1 (24 days). Firefox waits half a
    /// second at least.
    pub fn retry(mut self, retry: Duration) -> Self {
        self.retry = Some(retry);
        self
    }

    /// Adds a comment, which clients ignore. Its line ends make several comment lines.
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

/// Puts a line after others. A CR at their end is an end of its own, not half of a CRLF, and so is each
/// of several.
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
