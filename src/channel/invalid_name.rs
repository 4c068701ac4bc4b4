//! Names that no channel and no key can have.

use std::{error::Error as StdError, fmt};

/// The maximum length of a name in bytes.
const MAX_LEN: usize = 255;

/// An error for the name of a channel, or for a key of a keyed channel.
///
/// A name has 1 to 255 bytes, and no control character.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidName {
    /// The name is empty.
    Empty,
    /// The name is too long.
    TooLong {
        /// The length of the name in bytes.
        len: usize,
        /// The maximum length in bytes.
        max: usize,
    },
    /// The name has a control character, such as a line feed.
    ControlCharacter {
        /// Its position in bytes.
        at: usize,
    },
}

/// Returns the name if it is valid.
pub(super) fn check_name(name: &str) -> Result<&str, InvalidName> {
    let (len, max) = (name.len(), MAX_LEN);
    let mut characters = name.char_indices();
    match characters.find(|(_, character)| character.is_control()) {
        _ if len == 0 => Err(InvalidName::Empty),
        _ if len > max => Err(InvalidName::TooLong { len, max }),
        Some((at, _)) => Err(InvalidName::ControlCharacter { at }),
        None => Ok(name),
    }
}

impl fmt::Display for InvalidName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the name is empty"),
            Self::TooLong { len, max } => {
                write!(f, "the name has {len} bytes, which is more than {max}")
            }
            Self::ControlCharacter { at } => {
                write!(f, "the name has a control character at byte {at}")
            }
        }
    }
}

impl StdError for InvalidName {}
