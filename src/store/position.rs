//! The positions of a store.

use std::{error::Error, fmt};

/// The place of a record in the sequence of a store.
///
/// Positions increase, and need not be dense: a store may number by a counter, or by time (for example, the
/// milliseconds of its clock shifted by 20 bits, and a sequence within the millisecond). A position is a part
/// of the id of its event.
///
/// ```
/// use tower_sse::store::Position;
///
/// let position = Position::new(41);
/// assert_eq!(position.next().get(), 42);
/// assert!(Position::ZERO < position);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position(u64);

impl Position {
    /// The position before the first record. No record has it.
    pub const ZERO: Self = Self(0);

    /// The highest position that a record can have, 2^63 - 1. Databases whose integers have a sign can hold it.
    ///
    /// A hub does not accept a higher one: a call of the store that returns it fails with [`InvalidPosition`] as
    /// the source of its error.
    pub const MAX: Self = Self(i64::MAX as u64);

    /// Creates the position of a number.
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// Returns the number.
    pub const fn get(self) -> u64 {
        self.0
    }

    pub(crate) fn check(self) -> Result<Self, InvalidPosition> {
        match self <= Self::MAX {
            true => Ok(self),
            false => Err(InvalidPosition),
        }
    }

    /// Returns the lowest position after this one. The highest position returns itself.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

/// An error for a position above [`Position::MAX`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct InvalidPosition;

impl fmt::Display for InvalidPosition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a position is above 2^63 - 1")
    }
}

impl Error for InvalidPosition {}
