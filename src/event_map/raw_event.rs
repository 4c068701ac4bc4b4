use std::{borrow::Cow, fmt, time::Duration};

use memchr::{memchr, memmem};

use crate::wire::Lines;

/// An event of a stream that other code made, as the closure of an
/// [`EventMapBody`](crate::EventMapBody) gets it.
///
/// The fields are read when they are asked for, as a client reads them (WHATWG HTML 9.2.6). Bytes that are not
/// UTF-8 become U+FFFD.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct RawEvent<'a> {
    bytes: &'a [u8],
}

impl<'a> RawEvent<'a> {
    /// Makes one of whole lines, without the byte order mark of the stream.
    #[inline]
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    /// Returns the lines of the event as they came, with the blank line at its end.
    ///
    pub fn as_bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Returns `true` if its lines contain this text, wherever it stands. Use it to pass over most events before
    /// their data is parsed: it costs a small part of that.
    ///
    /// A text that goes over the end of a line is not found.
    pub fn contains(&self, text: &str) -> bool {
        memmem::find(self.bytes, text.as_bytes()).is_some()
    }

    /// Returns the data: the `data` fields, joined by line feeds. `None` if there is none, in which case
    /// clients do not dispatch the event.
    ///
    /// Data of one line is borrowed.
    pub fn data(&self) -> Option<Cow<'a, str>> {
        let mut lines = self.values(b"data");
        let first = lines.next()?;
        let Some(second) = lines.next() else {
            return Some(String::from_utf8_lossy(first));
        };
        let mut data = [first, second].join(&b'\n');
        for line in lines {
            data.push(b'\n');
            data.extend_from_slice(line);
        }
        Some(String::from_utf8_lossy(&data).into_owned().into())
    }

    /// Returns the name, or `message` if the event has none.
    pub fn name(&self) -> Cow<'a, str> {
        let name = self.values(b"event").last();
        let name = name.filter(|name| !name.is_empty());
        name.map_or(Cow::Borrowed("message"), String::from_utf8_lossy)
    }

    /// Returns the `id` of this event. `None` if it has none, or one that clients ignore because it has a NUL.
    /// An event without an id leaves the client's last event id as it is; an empty one resets it.
    pub fn id(&self) -> Option<Cow<'a, str>> {
        let ids = self.values(b"id").filter(|id| memchr(0, id).is_none());
        ids.last().map(String::from_utf8_lossy)
    }

    /// Returns the time that the client waits before it reconnects, if the event sets it.
    pub fn retry(&self) -> Option<Duration> {
        let is_number = |value: &&[u8]| !value.is_empty() && value.iter().all(u8::is_ascii_digit);
        let value = self.values(b"retry").filter(is_number).last()?;
        let millis = std::str::from_utf8(value).ok()?.parse();
        // More digits than fit are a very long time.
        Some(Duration::from_millis(millis.unwrap_or(u64::MAX)))
    }

    /// Returns `true` if clients dispatch it.
    #[inline]
    pub(super) fn has_data(&self) -> bool {
        self.bytes.starts_with(b"data:") || self.values(b"data").next().is_some()
    }

    /// Returns the values of a field, in their order.
    fn values(&self, name: &'static [u8]) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        Lines::of(self.bytes).filter_map(move |line| match line.strip_prefix(name)? {
            [] => Some(&[][..]),
            [b':', b' ', value @ ..] | [b':', value @ ..] => Some(value),
            _ => None,
        })
    }
}

impl fmt::Debug for RawEvent<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = String::from_utf8_lossy(self.bytes);
        f.debug_tuple("RawEvent").field(&text).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(text: &str) -> Option<String> {
        RawEvent::new(text.as_bytes()).data().map(Cow::into_owned)
    }

    #[test]
    fn joins_the_lines_of_data() {
        assert_eq!(data("data: x\n\n").as_deref(), Some("x"));
        assert_eq!(
            data("data:x\r\ndata:  y\rdata\n\n").as_deref(),
            Some("x\n y\n")
        );
        assert_eq!(data("data\n\n").as_deref(), Some(""));
        assert_eq!(data("data:\ndata:\n\n").as_deref(), Some("\n"));
    }

    #[test]
    fn has_no_data_where_no_field_has_that_name() {
        for text in [
            "id: 1\n\n",
            "Data: x\n\n",
            " data: x\n\n",
            "data : x\n\n",
            "datas: x\n\n",
            ":data: x\n\n",
        ] {
            assert_eq!(data(text), None, "{text}");
            assert!(!RawEvent::new(text.as_bytes()).has_data(), "{text}");
        }
        for text in ["data: x\n\n", "event: e\ndata\n\n", ": c\rdata:\r\r"] {
            assert!(RawEvent::new(text.as_bytes()).has_data(), "{text}");
        }
    }

    #[test]
    fn borrows_data_of_one_line() {
        let one = RawEvent::new(b"event: e\ndata: {\"x\":1}\n\n").data();
        assert!(matches!(one, Some(Cow::Borrowed("{\"x\":1}"))));
        let bad = RawEvent::new(b"data: \xff\n\n").data();
        assert_eq!(bad.as_deref(), Some("\u{fffd}"));
    }

    #[test]
    fn finds_text_within_a_line() {
        let event = RawEvent::new(b"event: e\ndata: one \xff two\ndata: three\n\n");
        assert!(event.contains("two") && event.contains("ata: th") && event.contains(""));
        assert!(!event.contains("three\ndata") && !event.contains("four"));
    }

    #[test]
    fn has_the_last_name_or_the_default_one() {
        let name = |text: &'static str| RawEvent::new(text.as_bytes()).name();
        assert_eq!(name("data: x\n\n"), "message");
        assert_eq!(name("event: a\nevent:b\ndata\n\n"), "b");
        assert_eq!(name("event: a\nevent\ndata\n\n"), "message");
    }

    #[test]
    fn has_the_last_id_without_nul() {
        let id = |text: &'static str| RawEvent::new(text.as_bytes()).id();
        assert_eq!(id("data: x\n\n"), None);
        assert_eq!(id("id: 7\nid: 8\0\n\n").as_deref(), Some("7"));
        assert_eq!(id("id: 7\nid\n\n").as_deref(), Some(""));
    }

    #[test]
    fn takes_digits_alone_for_a_retry() {
        let retry = |text: &'static str| RawEvent::new(text.as_bytes()).retry();
        assert_eq!(retry("retry: 1500\n\n"), Some(Duration::from_millis(1500)));
        assert_eq!(
            retry("retry: 5\nretry: 5x\n\n"),
            Some(Duration::from_millis(5))
        );
        assert_eq!(retry("retry:\n\n"), None);
        assert_eq!(retry("retry: +5\n\n"), None);
        assert_eq!(
            retry("retry: 99999999999999999999\n\n"),
            Some(Duration::from_millis(u64::MAX))
        );
    }
}
