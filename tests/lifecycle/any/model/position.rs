//! The position of a stream between or within its events, found by reading all of it.

const BOM: &[u8] = b"\xef\xbb\xbf";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Position {
    /// Where an event may be put.
    BetweenEvents,
    /// Where a line may be put.
    BetweenLines,
    /// Where nothing may be put.
    Nowhere,
}

impl Position {
    pub(crate) fn after(bytes: &[u8]) -> Self {
        let mut rest = bytes;
        let mut within_event = false;
        while let Some(end) = rest.iter().position(|byte| b"\r\n".contains(byte)) {
            let (line, end) = rest.split_at(end);
            within_event = !line.is_empty();
            rest = end.strip_prefix(b"\r\n").unwrap_or(&end[1..]);
        }
        match (rest, within_event) {
            ([], false) => Self::BetweenEvents,
            // An LF that follows would belong to this CR.
            ([], true) if bytes.ends_with(b"\r") => Self::Nowhere,
            ([], true) => Self::BetweenLines,
            _ => Self::Nowhere,
        }
    }
}

/// Returns how much of these bytes is left of the event that the bytes before have begun.
pub(crate) fn event_end(before: &[u8], bytes: &[u8], is_first: bool) -> usize {
    let ends = |end: &usize| {
        let whole = [before, &bytes[..*end]].concat();
        Position::after(visible(&whole, is_first)) == Position::BetweenEvents
    };
    let end = (1..=bytes.len()).find(ends).unwrap_or(bytes.len());
    // Half of a CRLF is no end.
    match bytes[end - 1..] {
        [b'\r', b'\n', ..] => end + 1,
        _ => end,
    }
}

/// Returns what goes out of these bytes: not a byte order mark at the start, nor what may become
/// one. Two marks stay where nothing comes before them, for clients strip one and read the other.
pub(crate) fn visible(bytes: &[u8], is_first: bool) -> &[u8] {
    match bytes.strip_prefix(BOM) {
        Some(rest) if is_first && rest.starts_with(BOM) => bytes,
        Some(rest) if is_first && BOM.starts_with(rest) => b"",
        Some(rest) => rest,
        None if BOM.starts_with(bytes) => b"",
        None => bytes,
    }
}
