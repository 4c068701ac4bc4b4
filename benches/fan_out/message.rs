//! The data of an event: 200 bytes, of which the first are its number and when it was published.

use std::time::{SystemTime, UNIX_EPOCH};

const LEN: usize = 200;

/// How many digits a number has.
const DIGITS: usize = 20;

/// Writes the data of an event that is published now.
pub(crate) fn write(number: u64) -> String {
    let head = format!("{number:0DIGITS$} {:0DIGITS$} ", now());
    format!("{head:x<LEN$}")
}

/// Reads the number of an event, and when it was published. `None` if it is no data of ours.
pub(crate) fn read(data: &[u8]) -> Option<(u64, u64)> {
    let digits = |at: usize| str::from_utf8(&data[at..][..DIGITS]).ok()?.parse().ok();
    (data.len() == LEN).then_some((digits(0)?, digits(DIGITS + 1)?))
}

/// Returns the time in nanoseconds, by a clock that all processes share.
pub(crate) fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    since.as_nanos().try_into().unwrap()
}
