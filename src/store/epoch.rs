//! Epochs, and the ids of events.

use std::{error::Error, fmt, str::FromStr};

use super::Position;
use crate::{EventId, time::random_bits};

const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// The longest text of an epoch. With it and numbers of up to 14 digits an id allocates nothing.
const MAX_EPOCH_LEN: usize = 7;

/// The life of a hub or of its store, from its creation until it is emptied.
///
/// Positions of different epochs cannot be compared. The epoch is a part of each event id, so that a hub
/// recognizes ids of another store, and of the same store before it was emptied. An epoch is a text of one to
/// seven ASCII letters and digits.
///
/// ```
/// use tower_sse::store::Epoch;
///
/// let epoch = Epoch::draw();
/// assert_eq!(epoch.to_string().parse(), Ok(epoch));
/// assert!("two words".parse::<Epoch>().is_err());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Epoch {
    /// Padded with zeros.
    text: [u8; MAX_EPOCH_LEN],
}

impl Epoch {
    /// Draws an epoch at random, one of 62^6 (57 billion).
    ///
    /// A store draws one when it is created and when it is emptied, and keeps it as durably as its entries.
    pub fn draw() -> Self {
        // Six digits take 36 of the 64 bits, so that the remainders favor no digit noticeably.
        let mut bits = random_bits();
        let mut text = [0; MAX_EPOCH_LEN];
        for digit in &mut text[..6] {
            *digit = DIGITS[(bits % 62) as usize];
            bits /= 62;
        }
        Self { text }
    }

    /// Parses the id of a position, if it is one that an epoch has made. Each has one spelling only, so that
    /// ids can be compared as text.
    pub(crate) fn parse(id: &str) -> Option<(Self, u64)> {
        Self::parse_with(id, '-')
    }

    /// Parses the id of a position in a keyed channel.
    pub(crate) fn parse_keyed(id: &str) -> Option<(Self, u64)> {
        Self::parse_with(id, '.')
    }

    /// Parses the id of a position in any channel.
    pub(crate) fn parse_any(id: &str) -> Option<(Self, u64)> {
        Self::parse(id).or_else(|| Self::parse_keyed(id))
    }

    fn parse_with(id: &str, separator: char) -> Option<(Self, u64)> {
        let (epoch, number) = id.split_once(separator)?;
        let epoch = Self::from_text(epoch)?;
        let has_zeros = number.len() > 1 && number.starts_with('0');
        let is_number = !has_zeros && number.bytes().all(|byte| byte.is_ascii_digit());
        let number = Position::new(number.parse().ok().filter(|_| is_number)?);
        Some((epoch, number.check().ok()?.get()))
    }

    fn from_text(epoch: &str) -> Option<Self> {
        let mut text = [0; MAX_EPOCH_LEN];
        text.get_mut(..epoch.len())?
            .copy_from_slice(epoch.as_bytes());
        let is_epoch = !epoch.is_empty() && epoch.bytes().all(|byte| byte.is_ascii_alphanumeric());
        is_epoch.then_some(Self { text })
    }

    /// Returns the epoch as a number, for an atomic.
    pub(crate) fn to_bits(self) -> u64 {
        let mut bytes = [0; 8];
        bytes[..MAX_EPOCH_LEN].copy_from_slice(&self.text);
        u64::from_le_bytes(bytes)
    }

    /// Returns the epoch that [`to_bits`](Self::to_bits) has turned into a number.
    pub(crate) fn from_bits(bits: u64) -> Self {
        let mut text = [0; MAX_EPOCH_LEN];
        text.copy_from_slice(&bits.to_le_bytes()[..MAX_EPOCH_LEN]);
        Self { text }
    }

    /// Returns the id of the event at a position, in all channels that are not keyed.
    ///
    /// An application that stores events or the rights of users by itself names positions of the store by it, for
    /// example in [`ChannelStart::since`](crate::ChannelStart::since).
    ///
    /// ```
    /// use tower_sse::store::{Head, Position};
    ///
    /// # fn main() -> Result<(), tower_sse::store::InvalidEpoch> {
    /// let head = Head::new("Ab12".parse()?, Position::new(9), Position::ZERO);
    /// assert_eq!(head.epoch.id_at(head.last), "Ab12-9");
    /// # Ok(())
    /// # }
    /// ```
    pub fn id_at(self, position: Position) -> EventId {
        self.id(position.get())
    }

    /// Makes the id of a position.
    pub(crate) fn id(self, number: u64) -> EventId {
        self.id_with(b'-', number)
    }

    /// Makes the id of a position in a keyed channel that is alone in its subscription.
    ///
    /// It differs from other ids, because a client that has read the channel beside others has read no more
    /// than a part of its keys.
    pub(crate) fn keyed_id(self, number: u64) -> EventId {
        self.id_with(b'.', number)
    }

    fn id_with(self, separator: u8, number: u64) -> EventId {
        let (epoch, mut digits) = (self.as_str().as_bytes(), itoa::Buffer::new());
        let digits = digits.format(number).as_bytes();
        let mut text = [0; MAX_EPOCH_LEN + 21];
        let len = epoch.len() + 1 + digits.len();
        text[..epoch.len()].copy_from_slice(epoch);
        text[epoch.len()] = separator;
        text[epoch.len() + 1..len].copy_from_slice(digits);
        // Letters, digits and a separator: so it is an id.
        EventId::from_valid(std::str::from_utf8(&text[..len]).unwrap_or_default())
    }

    /// Returns the text of the epoch.
    pub fn as_str(&self) -> &str {
        let len = self.text.iter().take_while(|byte| **byte != 0).count();
        std::str::from_utf8(&self.text[..len]).unwrap_or_default()
    }
}

/// Parses the text of an epoch.
impl FromStr for Epoch {
    type Err = InvalidEpoch;

    fn from_str(text: &str) -> Result<Self, InvalidEpoch> {
        Self::from_text(text).ok_or(InvalidEpoch)
    }
}

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Epoch({self})")
    }
}

/// An error from parsing a text that is not an [`Epoch`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct InvalidEpoch;

impl fmt::Display for InvalidEpoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an epoch is one to seven ASCII letters and digits")
    }
}

impl Error for InvalidEpoch {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn makes_short_ids_that_it_knows_again() {
        let epoch = Epoch::draw();
        for number in [0, 1, 42, Position::MAX.get()] {
            let id = epoch.id(number);
            assert_eq!(Epoch::parse(id.as_str()), Some((epoch, number)));
            assert!(
                id.as_bytes()
                    .iter()
                    .all(|b| b.is_ascii_alphanumeric() || *b == b'-')
            );
        }
        assert_eq!(epoch.id(7).as_str().len(), 8);
    }

    #[test]
    fn knows_no_other_ids() {
        assert!(Epoch::parse("ab12-7").is_some());
        let numbers = [
            "ab12-", "ab12-07", "ab12--7", "ab12-+7", "ab12-7 ", "ab12-٣",
        ];
        let epochs = ["-7", "ab 12-7", "abcdefgh-7", "é-7", "ab.12-7", "7", ""];
        let over = ["ab12-9223372036854775808", "ab12-18446744073709551616"];
        for id in numbers.iter().chain(&epochs).chain(&over) {
            assert_eq!(Epoch::parse(id), None, "{id}");
        }
    }

    #[test]
    fn tells_keyed_ids_from_others() {
        let epoch = Epoch::draw();
        let (id, keyed) = (epoch.id(7), epoch.keyed_id(7));
        assert_eq!(Epoch::parse_keyed(keyed.as_str()), Some((epoch, 7)));
        assert_eq!(Epoch::parse_keyed(id.as_str()), None);
        assert_eq!(Epoch::parse(keyed.as_str()), None);
    }

    #[test]
    fn is_the_same_as_a_text_and_as_a_number() {
        for text in ["a", "Ab12", "Zz0123x"] {
            let epoch: Epoch = text.parse().unwrap();
            assert_eq!((epoch.as_str(), epoch.to_string().as_str()), (text, text));
            assert_eq!(Epoch::from_bits(epoch.to_bits()), epoch);
        }
        for text in ["", "abcdefgh", "a-b", "é", "a b"] {
            assert_eq!(text.parse::<Epoch>(), Err(InvalidEpoch));
        }
    }

    #[test]
    fn differs_from_others() {
        assert_ne!(Epoch::draw(), Epoch::draw());
    }
}
