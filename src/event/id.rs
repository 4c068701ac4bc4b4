//! Event ids.

use super::{
    error::{InvalidEventId, InvalidText},
    text::{Text, string_like},
};

/// The id of an event, which a client sends back as `Last-Event-ID` when it reconnects.
///
/// It has no control characters (a CR or LF would forge fields, a NUL makes browsers drop the id, others
/// make servers reject the `Last-Event-ID` header), no space at either end (browsers differ in trimming
/// it) and at most [`MAX_LEN`](Self::MAX_LEN) bytes. Integers convert without an allocation, as does any
/// text of up to 22 bytes. Ids are ordered as text: `10` comes before `9`.
///
/// Visible ASCII is best. With other text, clients other than browsers fail when they reconnect (npm
/// `eventsource`, `httpx`) or send Latin-1, which [`LastEventId`](crate::LastEventId) reads.
///
/// ```
/// use tower_sse::EventId;
///
/// const GENESIS: EventId = EventId::from_static("block-0"); // checked by the compiler
///
/// assert_eq!(EventId::from(42u64), "42");
/// assert_eq!(EventId::try_from("block-0")?, GENESIS);
///
/// let error = EventId::try_from("42\nevent: forged").unwrap_err();
/// assert_eq!(error.position(), Some(2));
/// assert_eq!(error.byte(), Some(b'\n'));
/// # Ok::<(), tower_sse::InvalidEventId>(())
/// ```
#[derive(Clone)]
pub struct EventId(Text);

string_like!(EventId, InvalidEventId);

impl EventId {
    /// The maximum length of an id: 4096 bytes.
    ///
    /// Browsers send an id of any length back, but servers and proxies limit request headers; many
    /// allow 8 KiB for a line. Short ids are better.
    pub const MAX_LEN: usize = 4096;

    /// The empty id: a client that gets it forgets the last one, and sends none when it reconnects.
    ///
    /// Set it on an event that has data: not every browser keeps the id of an event without data.
    pub const EMPTY: Self = Self(Text::Static(""));

    /// Creates an id from a text in the program, without copying it.
    ///
    /// # Panics
    ///
    /// Panics if the text is not a valid id. In a `const` that is a compile error.
    pub const fn from_static(id: &'static str) -> Self {
        match Self::check(id) {
            Ok(()) => Self(Text::Static(id)),
            Err(error) => error.0.panic(),
        }
    }

    /// Creates an id from a text that is known to be valid.
    #[cfg(feature = "channel")]
    pub(crate) fn from_valid(text: &str) -> Self {
        debug_assert!(Self::check(text).is_ok());
        Self(Text::new(text))
    }

    /// Creates an id from any text, with U+FFFD in place of characters that are not allowed. A text that is
    /// too long is cut, and ends in U+FFFD.
    pub(crate) fn from_lossy(text: &str) -> Self {
        let mut id = String::new();
        for (at, char) in text.char_indices() {
            // A space is one byte, so the last one begins at the last byte.
            let is_outer = at == 0 || at + 1 == text.len();
            let is_rejected = char.is_control() || char == ' ' && is_outer;
            id.push(if is_rejected { REPLACEMENT } else { char });
            if id.len() > Self::MAX_LEN {
                let max = Self::MAX_LEN - REPLACEMENT.len_utf8();
                let end = (0..=max).rev().find(|&at| id.is_char_boundary(at));
                id.truncate(end.unwrap_or(0));
                id.push(REPLACEMENT);
                break;
            }
        }
        Self(Text::new(&id))
    }

    const fn check(id: &str) -> Result<(), InvalidEventId> {
        let bytes = id.as_bytes();
        if bytes.len() > Self::MAX_LEN {
            let max = Self::MAX_LEN;
            return Err(InvalidEventId(InvalidText::TooLong { max }));
        }
        if let [b' ', ..] = bytes {
            return Err(invalid(bytes, 0));
        }
        if let [before @ .., b' '] = bytes {
            return Err(invalid(bytes, before.len()));
        }
        // A control character beyond ASCII takes two bytes, so its first byte makes the text suspect.
        if !is_suspect(bytes) {
            return Ok(());
        }
        // With an index, because iterators do not work in a `const fn`.
        let mut position = 0;
        while position < bytes.len() {
            if bytes[position].is_ascii_control() || is_c1(bytes, position) {
                return Err(invalid(bytes, position));
            }
            position += 1;
        }
        Ok(())
    }
}

const REPLACEMENT: char = char::REPLACEMENT_CHARACTER;

/// The first bytes that a control character can have.
const SUSPECT: [bool; 256] = {
    let mut suspect = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        suspect[byte] = byte < 0x20 || byte == 0x7f || byte == 0xc2;
        byte += 1;
    }
    suspect
};

/// Returns `true` if there may be a control character. Hardly any id has one, so there is no branch for
/// each byte.
const fn is_suspect(bytes: &[u8]) -> bool {
    let (mut suspect, mut position) = (false, 0);
    while position < bytes.len() {
        suspect |= SUSPECT[bytes[position] as usize];
        position += 1;
    }
    suspect
}

const fn invalid(bytes: &[u8], position: usize) -> InvalidEventId {
    let byte = bytes[position];
    InvalidEventId(InvalidText::Byte { position, byte })
}

/// Returns `true` if one of the control characters U+0080 to U+009F starts here.
const fn is_c1(bytes: &[u8], position: usize) -> bool {
    bytes[position] == 0xc2 && position + 1 < bytes.len() && bytes[position + 1] < 0xa0
}

macro_rules! from_integer {
    ($($integer:ty),*) => {$(
        impl From<$integer> for EventId {
            fn from(id: $integer) -> Self {
                Self(Text::new(itoa::Buffer::new().format(id)))
            }
        }
    )*};
}

from_integer!(u8, u16, u32, u64, usize, i8, i16, i32, i64, isize);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_what_is_not_allowed_in_a_lossy_one() {
        for (text, id) in [
            ("", ""),
            ("a-7", "a-7"),
            (" ", "\u{fffd}"),
            (" a b ", "\u{fffd}a b\u{fffd}"),
            ("a\0b\u{85}\u{7f}", "a\u{fffd}b\u{fffd}\u{fffd}"),
        ] {
            assert_eq!(EventId::from_lossy(text), id, "{text:?}");
        }
    }

    #[test]
    fn cuts_a_lossy_one_that_is_too_long() {
        let end = "\u{fffd}";
        for (text, kept) in [
            ("a".repeat(4097), "a".repeat(4093)),
            ("é".repeat(4097), "é".repeat(2046)),
            ("\0".repeat(1366), end.repeat(1364)),
            (" ".repeat(4097), format!("{end}{}", " ".repeat(4090))),
        ] {
            let id = EventId::from_lossy(&text);
            assert_eq!(id, format!("{kept}{end}"));
            assert!(EventId::try_from(id.as_str()).is_ok());
        }
        assert_eq!(EventId::from_lossy(&"a".repeat(4096)), "a".repeat(4096));
        let full = "\0".repeat(1365);
        assert_eq!(EventId::from_lossy(&full), end.repeat(1365));
    }

    #[test]
    fn rejects_every_control_character() {
        for control in ('\0'..=' ').chain('\u{7f}'..='\u{9f}') {
            let text = format!("a{control}b");
            let result = EventId::try_from(text.as_str());
            if control == ' ' {
                assert!(result.is_ok());
                continue;
            }
            let error = result.unwrap_err();
            assert_eq!(error.position(), Some(1), "{text:?}");
            assert_eq!(error.byte(), Some(text.as_bytes()[1]));
        }
    }

    #[test]
    fn rejects_outer_space() {
        assert_eq!(EventId::try_from(" a").unwrap_err().position(), Some(0));
        assert_eq!(EventId::try_from("a ").unwrap_err().position(), Some(1));
    }

    #[test]
    fn rejects_more_than_the_bound() {
        let longest = "a".repeat(EventId::MAX_LEN);
        assert!(EventId::try_from(longest.as_str()).is_ok());
        let error = EventId::try_from(longest + "a").unwrap_err();
        assert_eq!(error.position(), Some(4096));
        assert_eq!(error.byte(), None);
        assert_eq!(error.to_string(), "the event id is longer than 4096 bytes");
    }

    #[test]
    fn reports_position_and_byte() {
        let error = EventId::try_from("é\r").unwrap_err();
        assert_eq!(
            error.to_string(),
            "the event id has the byte 0x0d at position 2"
        );
    }

    #[test]
    fn converts_every_integer() {
        assert_eq!(EventId::from(u64::MAX), "18446744073709551615");
        assert_eq!(EventId::from(i64::MIN), "-9223372036854775808");
    }

    #[test]
    fn keeps_text_beyond_ascii() {
        assert_eq!(EventId::try_from("é\u{a0}…").unwrap().as_str(), "é\u{a0}…");
    }

    #[test]
    #[should_panic(expected = "has a byte that is not allowed")]
    fn from_static_panics_on_bad_text() {
        let _ = EventId::from_static("a\0");
    }

    #[test]
    fn equals_and_hashes_as_its_text() {
        let ids = std::collections::HashSet::from([EventId::from_static("7")]);
        assert!(ids.contains(&EventId::from(7u8)));
        assert!(ids.contains("7"));
    }
}
