//! Finds the events in the chunks of a body.

use std::ops::Range;

use bytes::Bytes;
use memchr::memchr2;

use crate::wire::Boundary;

pub(super) const BOM: &[u8] = "\u{feff}".as_bytes();

/// The most memory that is kept for the next event that is cut.
const MAX_IDLE_CAPACITY: usize = 1024;

/// A splitter of chunks into events, and what stands between them.
///
/// An event within a chunk is a range of that. Only the beginning of an event whose end is in a later chunk is
/// copied. The position of cuts changes nothing else: a CR ends its line at once, since a client dispatches the
/// event then, and an LF that follows in the next chunk is a piece of its own.
#[derive(Debug)]
pub(super) struct Splitter {
    chunk: Bytes,
    /// The length of what has been handed out of the chunk.
    done: usize,
    /// The beginning of a piece that is not whole, or such a piece with its end.
    joined: Vec<u8>,
    /// Whether `joined` has been handed out.
    is_joined_done: bool,
    /// The kind of the piece that is not whole.
    kind: Kind,
    /// The position after what has come of that piece.
    at: Boundary,
    /// The length beyond which a piece is handed out in parts.
    max: usize,
    /// Whether the beginning of the piece has been handed out.
    is_oversize: bool,
    /// Whether nothing has come yet but the beginning of a byte order mark.
    is_start: bool,
    skips_lf: bool,
    /// Whether any of the above needs a look before the next piece. Mostly none does.
    is_special: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A whole event.
    Event,
    /// A blank line, a comment line between events, or a byte order mark.
    Other,
    /// A piece that is too large, or a part of it.
    Oversize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    InChunk(Kind, Range<usize>),
    /// In [`Splitter::joined`], because it has begun in an earlier chunk.
    Joined(Kind),
}

impl Splitter {
    pub(super) fn new(max: usize) -> Self {
        Self {
            chunk: Bytes::new(),
            done: 0,
            joined: Vec::new(),
            is_joined_done: false,
            kind: Kind::Event,
            at: Boundary::Event,
            max,
            is_oversize: false,
            is_start: true,
            skips_lf: false,
            is_special: true,
        }
    }

    pub(super) fn set_max(&mut self, max: usize) {
        self.max = max;
    }

    /// Adds a chunk, when all pieces of the last one have been handed out.
    #[inline]
    pub(super) fn push(&mut self, chunk: Bytes) {
        self.chunk = chunk;
        self.done = 0;
        if self.is_start && !self.joined.is_empty() {
            // Once in a stream: its byte order mark was cut.
            self.chunk = [&self.joined, &self.chunk[..]].concat().into();
            self.joined.clear();
        }
    }

    pub(super) fn chunk(&self) -> &Bytes {
        &self.chunk
    }

    /// Returns a piece that has begun in an earlier chunk.
    pub(super) fn joined(&self) -> &[u8] {
        &self.joined
    }

    /// Returns `true` if the chunk has more.
    #[inline]
    pub(super) fn has_more(&self) -> bool {
        self.done < self.chunk.len()
    }

    /// Skips an LF at the start of the next chunk if the last piece ended by a CR at the end of this one.
    #[inline]
    pub(super) fn skip_split_lf(&mut self) {
        if !self.has_more() && self.chunk.ends_with(b"\r") {
            self.skips_lf = true;
            self.is_special = true;
        }
    }

    /// Returns `true` if a part of a piece has been handed out, and its end has not.
    pub(super) fn is_within_oversize(&self) -> bool {
        self.is_oversize
    }

    /// Drops the chunk, and returns the beginning of a piece that is not whole.
    pub(super) fn finish(&mut self) -> &[u8] {
        self.chunk = Bytes::new();
        self.done = 0;
        self.clear_joined();
        &self.joined
    }

    /// Releases memory that an idle stream should not keep.
    pub(super) fn release_memory(&mut self) {
        self.clear_joined();
        if self.joined.is_empty() && self.joined.capacity() > MAX_IDLE_CAPACITY {
            self.joined = Vec::new();
        }
    }

    /// Returns the next piece of the chunk.
    #[inline]
    pub(super) fn next(&mut self) -> Option<Piece> {
        if self.is_special {
            return self.next_special();
        }
        self.split()
    }

    fn next_special(&mut self) -> Option<Piece> {
        self.clear_joined();
        if self.skips_lf && self.has_more() {
            self.skips_lf = false;
            self.done += usize::from(self.chunk[self.done] == b'\n');
        }
        if !self.has_more() {
            return None;
        }
        let piece = match self.joined.is_empty() && !self.is_oversize {
            true if std::mem::take(&mut self.is_start) => self.split_start(),
            true => self.split(),
            false => self.join(),
        };
        self.is_special = self.is_start || self.is_oversize || !self.joined.is_empty();
        piece
    }

    /// Returns the first piece of the stream, which may be a byte order mark.
    fn split_start(&mut self) -> Option<Piece> {
        let rest = &self.chunk[..];
        if rest.starts_with(BOM) {
            self.done = BOM.len();
            return Some(Piece::InChunk(Kind::Other, 0..BOM.len()));
        }
        if BOM.starts_with(rest) {
            self.is_start = true;
            self.kind = Kind::Other;
            self.joined.extend_from_slice(rest);
            self.done = rest.len();
            return None;
        }
        self.split()
    }

    /// Returns a piece that begins here.
    #[inline]
    fn split(&mut self) -> Option<Piece> {
        let rest = &self.chunk[self.done..];
        let (kind, len) = match rest.first()? {
            b'\r' | b'\n' => (Kind::Other, Some(after_line_end(rest, 0))),
            b':' => (Kind::Other, line_len(rest)),
            _ => (Kind::Event, Boundary::Event.event_end(rest)),
        };
        let Some(len) = len else {
            return self.begin(kind);
        };
        let from = self.done;
        self.done += len;
        let is_too_large = len > self.max && is_larger(&rest[..len], self.max);
        let kind = if is_too_large { Kind::Oversize } else { kind };
        Some(Piece::InChunk(kind, from..self.done))
    }

    /// Keeps the beginning of a piece.
    #[cold]
    fn begin(&mut self, kind: Kind) -> Option<Piece> {
        let rest = &self.chunk[self.done..];
        self.is_special = true;
        self.kind = kind;
        self.at = Boundary::Event.after(rest);
        if rest.len() > self.max {
            self.is_oversize = true;
            return Some(self.take_rest());
        }
        self.joined.extend_from_slice(rest);
        self.done = self.chunk.len();
        None
    }

    /// Returns a piece that has begun in an earlier chunk.
    fn join(&mut self) -> Option<Piece> {
        let rest = &self.chunk[self.done..];
        let len = match self.kind {
            Kind::Event => self.at.event_end(rest),
            _ => line_len(rest),
        };
        let is_whole = len.is_some();
        let len = len.unwrap_or(rest.len());
        self.at = self.at.after(&rest[..len]);
        let from = self.done;
        self.done += len;
        if self.is_oversize {
            self.is_oversize = !is_whole;
            return Some(Piece::InChunk(Kind::Oversize, from..self.done));
        }
        self.joined.extend_from_slice(&rest[..len]);
        let is_too_large = is_larger(&self.joined, self.max);
        self.is_joined_done = is_whole || is_too_large;
        self.is_oversize = is_too_large && !is_whole;
        let kind = if is_too_large {
            Kind::Oversize
        } else {
            self.kind
        };
        self.is_joined_done.then_some(Piece::Joined(kind))
    }

    fn take_rest(&mut self) -> Piece {
        let from = self.done;
        self.done = self.chunk.len();
        Piece::InChunk(Kind::Oversize, from..self.done)
    }

    #[inline]
    fn clear_joined(&mut self) {
        if self.is_joined_done {
            self.is_joined_done = false;
            self.joined.clear();
        }
    }
}

/// Returns `true` if a piece is larger than this. The LF of a CRLF at its end does not count, since it may be in
/// the next chunk.
fn is_larger(piece: &[u8], max: usize) -> bool {
    piece.len() - usize::from(piece.ends_with(b"\r\n")) > max
}

/// Returns the length of the first line with its end, if that is there.
fn line_len(bytes: &[u8]) -> Option<usize> {
    let end = memchr2(b'\r', b'\n', bytes)?;
    Some(after_line_end(bytes, end))
}

/// Returns the position after the line end at a position.
fn after_line_end(bytes: &[u8], end: usize) -> usize {
    let is_crlf = bytes[end..].starts_with(b"\r\n");
    end + 1 + usize::from(is_crlf)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Splits chunks, and returns each piece with its kind.
    fn pieces(max: usize, chunks: &[&'static str]) -> Vec<(Kind, String)> {
        let mut splitter = Splitter::new(max);
        let mut pieces = Vec::new();
        for chunk in chunks {
            splitter.push(Bytes::from_static(chunk.as_bytes()));
            while let Some(piece) = splitter.next() {
                let (kind, bytes) = match piece {
                    Piece::InChunk(kind, range) => (kind, splitter.chunk()[range].to_vec()),
                    Piece::Joined(kind) => (kind, splitter.joined().to_vec()),
                };
                pieces.push((kind, String::from_utf8(bytes).unwrap()));
            }
        }
        let rest = String::from_utf8(splitter.finish().to_vec()).unwrap();
        if !rest.is_empty() {
            pieces.push((Kind::Oversize, format!("unfinished: {rest}")));
        }
        pieces
    }

    fn event(text: &str) -> (Kind, String) {
        (Kind::Event, text.to_owned())
    }

    fn other(text: &str) -> (Kind, String) {
        (Kind::Other, text.to_owned())
    }

    fn oversize(text: &str) -> (Kind, String) {
        (Kind::Oversize, text.to_owned())
    }

    #[test]
    fn ends_an_event_at_a_blank_line_of_each_kind() {
        assert_eq!(
            pieces(
                99,
                &["data: a\n\ndata: b\r\rdata: c\r\n\r\ndata: d\n\r\nid: 1\r\n\n"]
            ),
            [
                event("data: a\n\n"),
                event("data: b\r\r"),
                event("data: c\r\n\r\n"),
                event("data: d\n\r\n"),
                event("id: 1\r\n\n"),
            ]
        );
    }

    #[test]
    fn separates_comments_and_blank_lines_between_events() {
        assert_eq!(
            pieces(
                99,
                &["\n: one\r\n:two\r\r\n\n", ": three\ndata: x\n: within\n\n"]
            ),
            [
                other("\n"),
                other(": one\r\n"),
                other(":two\r"),
                other("\r\n"),
                other("\n"),
                other(": three\n"),
                event("data: x\n: within\n\n"),
            ]
        );
    }

    #[test]
    fn joins_an_event_that_is_cut() {
        assert_eq!(
            pieces(99, &["da", "ta: x\n", "\nda", "ta: y\n\ndata: z", "\n\n"]),
            [
                event("data: x\n\n"),
                event("data: y\n\n"),
                event("data: z\n\n")
            ]
        );
        assert_eq!(
            pieces(99, &["data: x\r", "\n\r\n"]),
            [event("data: x\r\n\r\n")]
        );
        assert_eq!(
            pieces(99, &[": a", "b\ndata\n\n"]),
            [other(": ab\n"), event("data\n\n")]
        );
    }

    #[test]
    fn ends_an_event_at_a_cr_though_an_lf_may_follow() {
        assert_eq!(
            pieces(99, &["data: x\r\n\r", "\ndata: y\r\r"]),
            [event("data: x\r\n\r"), other("\n"), event("data: y\r\r")]
        );
    }

    #[test]
    fn separates_one_byte_order_mark_at_the_start() {
        const MARKED: &str = "\u{feff}\u{feff}data: x\n\n\u{feff}data: y\n\n";
        let expected = [
            other("\u{feff}"),
            event("\u{feff}data: x\n\n"),
            event("\u{feff}data: y\n\n"),
        ];
        assert_eq!(pieces(99, &[MARKED]), expected);
        let mut splitter = Splitter::new(99);
        splitter.push(Bytes::from_static(b"\xef"));
        assert_eq!(splitter.next(), None);
        splitter.push(Bytes::from_static(b"\xbb"));
        assert_eq!(splitter.next(), None);
        splitter.push(Bytes::from_static(b"\xbf\n"));
        assert_eq!(splitter.next(), Some(Piece::InChunk(Kind::Other, 0..3)));
        assert_eq!(splitter.next(), Some(Piece::InChunk(Kind::Other, 3..4)));
        // Its size does not matter.
        let mut splitter = Splitter::new(0);
        for chunk in [&b"\xef"[..], b"\xbb", b"\xbf"] {
            splitter.push(Bytes::from_static(chunk));
            let whole = chunk == b"\xbf";
            let expected = whole.then_some(Piece::InChunk(Kind::Other, 0..3));
            assert_eq!(splitter.next(), expected);
        }
        // What only begins like a mark is an event.
        let mut splitter = Splitter::new(99);
        splitter.push(Bytes::from_static(b"\xef\xbb"));
        assert_eq!(splitter.next(), None);
        splitter.push(Bytes::from_static(b"data\n\n"));
        assert_eq!(splitter.next(), Some(Piece::InChunk(Kind::Event, 0..8)));
    }

    #[test]
    fn hands_out_what_is_too_large_in_parts() {
        assert_eq!(
            pieces(9, &["data: 12345\n\ndata: x\n\n"]),
            [oversize("data: 12345\n\n"), event("data: x\n\n")]
        );
        assert_eq!(
            pieces(9, &["data: 1", "2345", "67", "\n\ndata: x\n\n"]),
            [
                oversize("data: 12345"),
                oversize("67"),
                oversize("\n\n"),
                event("data: x\n\n"),
            ]
        );
        assert_eq!(
            pieces(9, &["data: 1234567", "\n", "\ndata: x\n\n"]),
            [
                oversize("data: 1234567"),
                oversize("\n"),
                oversize("\n"),
                event("data: x\n\n"),
            ]
        );
        assert_eq!(
            pieces(9, &["data: 12", "34\n\n"]),
            [oversize("data: 1234\n\n")]
        );
        assert_eq!(
            pieces(3, &[": ab", "c", "\nid\n\n"]),
            [
                oversize(": ab"),
                oversize("c"),
                oversize("\n"),
                oversize("id\n\n")
            ]
        );
    }

    #[test]
    fn keeps_what_is_not_finished() {
        assert_eq!(
            pieces(99, &["data: x\n\ndata: y\n"]),
            [event("data: x\n\n"), oversize("unfinished: data: y\n")]
        );
    }

    #[test]
    fn skips_the_lf_of_a_cr_that_was_at_the_end_of_a_chunk() {
        let mut splitter = Splitter::new(99);
        splitter.push(Bytes::from_static(b"data\r\r"));
        assert_eq!(splitter.next(), Some(Piece::InChunk(Kind::Event, 0..6)));
        splitter.skip_split_lf();
        assert_eq!(splitter.next(), None);
        splitter.push(Bytes::new());
        assert_eq!(splitter.next(), None);
        splitter.push(Bytes::from_static(b"\n\n"));
        assert_eq!(splitter.next(), Some(Piece::InChunk(Kind::Other, 1..2)));
        splitter.skip_split_lf();
        splitter.push(Bytes::from_static(b"\n"));
        assert_eq!(splitter.next(), Some(Piece::InChunk(Kind::Other, 0..1)));
    }

    #[test]
    fn keeps_no_memory_of_a_large_event() {
        let mut splitter = Splitter::new(99_999);
        splitter.push(vec![b'x'; 20_000].into());
        assert_eq!(splitter.next(), None);
        splitter.release_memory();
        splitter.push(Bytes::from_static(b"\n\n"));
        assert_eq!(splitter.next(), Some(Piece::Joined(Kind::Event)));
        assert_eq!(splitter.joined().len(), 20_002);
        splitter.release_memory();
        assert_eq!(splitter.joined.capacity(), 0);
    }
}
