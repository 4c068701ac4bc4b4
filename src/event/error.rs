//! The errors of ids and names.

use std::{error, fmt};

/// The reason for which a text is not a valid id or name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum InvalidText {
    Empty,
    TooLong { max: usize },
    Byte { position: usize, byte: u8 },
}

impl InvalidText {
    /// Panics about a text in the program, at compile time if it is a `const`.
    #[expect(clippy::panic, reason = "what `from_static` says it does")]
    pub(super) const fn panic(self) -> ! {
        match self {
            Self::Empty => panic!("the event's name is empty"),
            Self::TooLong { .. } => panic!("the event's id is too long"),
            Self::Byte { .. } => panic!("the event's id or name has a byte that is not allowed"),
        }
    }

    const fn position(self) -> Option<usize> {
        match self {
            Self::Empty => None,
            Self::TooLong { max } => Some(max),
            Self::Byte { position, .. } => Some(position),
        }
    }

    const fn byte(self) -> Option<u8> {
        match self {
            Self::Byte { byte, .. } => Some(byte),
            Self::Empty | Self::TooLong { .. } => None,
        }
    }
}

impl fmt::Display for InvalidText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("is empty"),
            Self::TooLong { max } => write!(f, "is longer than {max} bytes"),
            Self::Byte { position, byte } => {
                write!(f, "has the byte {byte:#04x} at position {position}")
            }
        }
    }
}

macro_rules! invalid {
    ($(#[$doc:meta])* $type:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $type(pub(super) InvalidText);

        impl $type {
            /// Returns the position at which the text stops being valid, in bytes from its start.
            ///
            /// It is `None` if the whole text is invalid because it is empty.
            pub fn position(&self) -> Option<usize> {
                self.0.position()
            }

            /// Returns the byte at that position, if this byte is not allowed.
            pub fn byte(&self) -> Option<u8> {
                self.0.byte()
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!("the ", $what, " {}"), self.0)
            }
        }

        impl error::Error for $type {}
    };
}

invalid! {
    /// An error for a text that is not a valid [`EventId`](super::EventId).
    InvalidEventId, "event id"
}

invalid! {
    /// An error for a text that is not a valid [`EventName`](super::EventName).
    InvalidEventName, "event name"
}
