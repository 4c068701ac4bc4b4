//! Event names.

use super::{
    error::{InvalidEventName, InvalidText},
    text::{Text, string_like},
};

/// The name of an event: the type that a page passes to `addEventListener`.
///
/// It is not empty (an event without a name is a `message`) and has no CR, LF or NUL. Two valid names are
/// seldom a good choice: a browser passes events named `error` and `open` to `onerror` and `onopen`,
/// where they look like events of the connection.
///
/// ```
/// use tower_sse::EventName;
///
/// const TICK: EventName = EventName::from_static("tick"); // checked by the compiler
///
/// assert_eq!(EventName::try_from("tick")?, TICK);
///
/// let error = EventName::try_from("tick\r").unwrap_err();
/// assert_eq!(error.to_string(), "the event name has the byte 0x0d at position 4");
/// # Ok::<(), tower_sse::InvalidEventName>(())
/// ```
#[derive(Clone)]
pub struct EventName(Text);

string_like!(EventName, InvalidEventName);

impl EventName {
    /// Creates a name from a text in the program, without copying it.
    ///
    /// # Panics
    ///
    /// Panics if the text is not a valid name. In a `const` that is a compile error.
    pub const fn from_static(name: &'static str) -> Self {
        match Self::check(name) {
            Ok(()) => Self(Text::Static(name)),
            Err(error) => error.0.panic(),
        }
    }

    /// Creates a name from a text in the program, without copying it.
    #[cfg(feature = "json")]
    pub(crate) fn try_static(name: &'static str) -> Result<Self, InvalidEventName> {
        Self::check(name)?;
        Ok(Self(Text::Static(name)))
    }

    const fn check(name: &str) -> Result<(), InvalidEventName> {
        let bytes = name.as_bytes();
        if bytes.is_empty() {
            return Err(InvalidEventName(InvalidText::Empty));
        }
        // With an index, because iterators do not work in a `const fn`.
        let mut position = 0;
        while position < bytes.len() {
            let byte = bytes[position];
            if matches!(byte, b'\r' | b'\n' | b'\0') {
                return Err(InvalidEventName(InvalidText::Byte { position, byte }));
            }
            position += 1;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rejects_what_ends_a_line_or_differs_by_browser() {
        for (text, position) in [("\n", 0), ("a\r", 1), ("a\0b", 1)] {
            let error = EventName::try_from(text).unwrap_err();
            assert_eq!(error.position(), Some(position));
            assert_eq!(error.byte(), Some(text.as_bytes()[position]));
        }
    }

    #[test]
    fn rejects_the_empty_name() {
        let error = EventName::try_from("").unwrap_err();
        assert_eq!(error.to_string(), "the event name is empty");
        assert_eq!(error.position(), None);
    }

    #[test]
    fn keeps_any_other_text() {
        for text in [" tick: é", "\u{2028}\u{85}\u{b}\u{c}", &"n".repeat(1000)] {
            assert_eq!(EventName::try_from(text).unwrap(), text);
        }
    }
}
