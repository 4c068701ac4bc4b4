//! The position of a byte stream between events and lines.

use memchr::memchr2;

/// The position after some bytes of a stream, which decides what the layer may insert there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Boundary {
    /// At the start, or after a blank line. If a CR ended that, an LF may follow and belong to it;
    /// if something came between, that LF would be a blank line more, which here means nothing.
    #[default]
    Event,
    /// At the start of a line of an unfinished event.
    Line,
    /// After a CR that ended a line of an unfinished event. An LF may follow and belong to it; if
    /// something came between, that LF would be a blank line and dispatch half an event.
    LineCr,
    /// Inside a line.
    Inside,
}

impl Boundary {
    /// Returns the position after more bytes. Only their last line ends are read, so that it costs the
    /// same for a large chunk.
    pub(crate) fn after(self, bytes: &[u8]) -> Self {
        let is_end = |byte: &&u8| matches!(byte, b'\r' | b'\n');
        let ends = bytes.iter().rev().take_while(is_end).count();
        let (text, ends) = bytes.split_at(bytes.len() - ends);
        let start = if text.is_empty() { self } else { Self::Inside };
        ends.iter().fold(start, |at, &byte| at.step(byte == b'\r'))
    }

    /// Returns the number of bytes up to the end of the event, if it ends within them.
    pub(crate) fn event_end(self, bytes: &[u8]) -> Option<usize> {
        let mut at = self;
        let mut len = 0;
        loop {
            let end = len + memchr2(b'\r', b'\n', &bytes[len..])?;
            if end > len {
                at = Self::Inside;
            }
            len = end + 1;
            let is_cr = bytes[end] == b'\r';
            if at == Self::Inside && !is_cr && bytes.get(len) == Some(&b'\n') {
                // The end of most events, found without another search.
                return Some(len + 1);
            }
            at = at.step(is_cr);
            if at == Self::Event {
                // The LF of a CRLF belongs to the blank line that its CR has ended.
                let is_split = is_cr && bytes.get(len) == Some(&b'\n');
                return Some(len + usize::from(is_split));
            }
        }
    }

    fn step(self, is_cr: bool) -> Self {
        match (self, is_cr) {
            (Self::Inside, true) => Self::LineCr,
            (Self::Inside | Self::LineCr, false) => Self::Line,
            _ => Self::Event,
        }
    }

    /// Returns `true` if a line may follow.
    pub(crate) fn is_line(self) -> bool {
        matches!(self, Self::Event | Self::Line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(text: &str) -> Boundary {
        let whole = Boundary::default().after(text.as_bytes());
        for cut in 0..=text.len() {
            let (left, right) = text.as_bytes().split_at(cut);
            assert_eq!(Boundary::default().after(left).after(right), whole);
        }
        whole
    }

    #[test]
    fn starts_between_events() {
        assert_eq!(after(""), Boundary::Event);
        assert_eq!(after("\n"), Boundary::Event);
    }

    #[test]
    fn knows_lines_and_events_for_each_line_end() {
        assert_eq!(after("data: x"), Boundary::Inside);
        assert_eq!(after("data: x\n"), Boundary::Line);
        assert_eq!(after("data: x\n\n"), Boundary::Event);
        assert_eq!(after("data: x\r"), Boundary::LineCr);
        assert_eq!(after("data: x\r\r"), Boundary::Event);
        assert_eq!(after("data: x\r\n"), Boundary::Line);
        assert_eq!(after("data: x\r\n\r"), Boundary::Event);
        assert_eq!(after("data: x\r\n\r\n"), Boundary::Event);
    }

    #[test]
    fn knows_mixed_line_ends() {
        assert_eq!(after("data: x\n\r"), Boundary::Event);
        assert_eq!(after("data: x\n\r\n"), Boundary::Event);
        assert_eq!(after("data: x\r\r\n"), Boundary::Event);
        assert_eq!(after("data: x\r\n\n"), Boundary::Event);
        assert_eq!(after("data: x\n\ndata"), Boundary::Inside);
    }

    #[test]
    fn finds_the_end_of_an_event() {
        let end = |at: Boundary, bytes: &str| at.event_end(bytes.as_bytes());
        assert_eq!(end(Boundary::Inside, "x\n\ndata: y"), Some(3));
        assert_eq!(end(Boundary::Line, "\ndata: y\n\n"), Some(1));
        assert_eq!(end(Boundary::LineCr, "\n\r\n"), Some(3));
        assert_eq!(end(Boundary::Inside, "\r\n\r\n"), Some(4));
        assert_eq!(end(Boundary::Inside, "\r\n\r\n\n"), Some(4));
        assert_eq!(end(Boundary::Inside, "\r\n\r"), Some(3));
        assert_eq!(end(Boundary::Inside, "\n\n\n"), Some(2));
        assert_eq!(end(Boundary::Inside, "x\ny\nz"), None);
        assert_eq!(end(Boundary::Inside, ""), None);
    }
}
