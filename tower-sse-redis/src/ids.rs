//! Positions as the ids of streams.

use tower_sse::store::Position;

/// A position has the sequence in its lowest bits, and the milliseconds above.
const SEQUENCE_BITS: u32 = 20;
const MAX_SEQUENCE: u64 = (1 << SEQUENCE_BITS) - 1;

/// Returns the id of a position: "milliseconds-sequence".
pub(crate) fn to_id(position: Position) -> String {
    let number = position.get();
    format!("{}-{}", number >> SEQUENCE_BITS, number & MAX_SEQUENCE)
}

/// Returns the position of an id, if it is one that the scripts have made.
pub(crate) fn to_position(id: &str) -> Option<Position> {
    let (milliseconds, sequence) = id.split_once('-')?;
    let (milliseconds, sequence): (u64, u64) = (milliseconds.parse().ok()?, sequence.parse().ok()?);
    let is_position =
        milliseconds <= Position::MAX.get() >> SEQUENCE_BITS && sequence <= MAX_SEQUENCE;
    is_position.then(|| Position::new(milliseconds << SEQUENCE_BITS | sequence))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_is_an_id_and_an_id_a_position() {
        let ids = [
            (0, "0-0"),
            (1, "0-1"),
            (1 << 20, "1-0"),
            (1_700_000_000_000 << 20 | 7, "1700000000000-7"),
            (i64::MAX as u64, "8796093022207-1048575"),
        ];
        for (number, id) in ids {
            assert_eq!(to_id(Position::new(number)), id);
            assert_eq!(to_position(id), Some(Position::new(number)));
        }
    }

    #[test]
    fn other_ids_are_no_positions() {
        for id in [
            "",
            "1",
            "1-",
            "-1",
            "1-1048576",
            "8796093022208-0",
            "a-1",
            "1-2-3",
        ] {
            assert_eq!(to_position(id), None, "{id}");
        }
    }
}
