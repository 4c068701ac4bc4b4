//! The byte order mark at the start of a stream.

use bytes::Bytes;

const BOM_LEN: usize = "\u{feff}".len();

const TWO_BOMS: &[u8] = "\u{feff}\u{feff}".as_bytes();

/// A filter that removes the byte order mark at the start of a stream, however it is split into chunks.
///
/// A client strips one mark, only at the start of the connection (WHATWG HTML 9.2.5): if the layer has
/// inserted something before it, the mark would spoil the first field. If nothing is before it, WebKit
/// loses the first event when the mark is split.
///
/// Of two marks the client strips the first, and the second spoils the first field. If the filter removed
/// the first, the client would strip the second, which changes the stream. So if nothing comes before them,
/// both stay, in one piece.
#[derive(Debug)]
pub(crate) struct BomFilter {
    /// The number of bytes of two marks that are held back.
    held: usize,
    /// Whether nothing has been sent before.
    first: bool,
    done: bool,
}

impl BomFilter {
    /// Makes a filter for a stream that comes first on its connection, or after something else.
    pub(crate) fn new(first: bool) -> Self {
        Self {
            held: 0,
            first,
            done: false,
        }
    }

    /// Records that something has been inserted before the rest of the stream.
    pub(crate) fn follow(&mut self) {
        self.first = false;
    }

    /// Returns the part of a chunk that may be sent. Bytes that may yet become a mark are held back; at the
    /// end of the stream they can be dropped, because clients discard a line without an end.
    pub(crate) fn filter(&mut self, chunk: Bytes) -> Bytes {
        if self.done {
            return chunk;
        }
        let wanted = if self.first { TWO_BOMS.len() } else { BOM_LEN };
        let rest = TWO_BOMS[..wanted].get(self.held..).unwrap_or_default();
        let common = rest.iter().zip(&chunk).take_while(|(a, b)| a == b).count();
        let known = self.held + common;
        if known < wanted && common == chunk.len() {
            self.held = known;
            return Bytes::new();
        }
        self.done = true;
        let both_stay = self.first && known == TWO_BOMS.len();
        let removed = if known >= BOM_LEN && !both_stay {
            BOM_LEN
        } else {
            0
        };
        self.release(removed, chunk)
    }

    /// Returns the bytes that were held back, and the chunk, without the first `removed` bytes.
    fn release(&self, removed: usize, mut chunk: Bytes) -> Bytes {
        match TWO_BOMS[..self.held].get(removed..) {
            Some([]) => chunk,
            Some(held) => [held, &chunk].concat().into(),
            None => chunk.split_off(removed - self.held),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filtered_by(mut filter: BomFilter, chunks: &[&'static [u8]]) -> Vec<u8> {
        let mut out = Vec::new();
        for chunk in chunks {
            out.extend(filter.filter(Bytes::from_static(chunk)));
        }
        out
    }

    fn filtered(chunks: &[&'static [u8]]) -> Vec<u8> {
        filtered_by(BomFilter::new(false), chunks)
    }

    fn filtered_first(chunks: &[&'static [u8]]) -> Vec<u8> {
        filtered_by(BomFilter::new(true), chunks)
    }

    #[test]
    fn removes_a_bom_however_it_is_split() {
        assert_eq!(filtered(&[b"\xef\xbb\xbfdata"]), b"data");
        assert_eq!(filtered(&[b"\xef", b"\xbb\xbfdata"]), b"data");
        assert_eq!(
            filtered(&[b"\xef", b"", b"\xbb", b"\xbf", b"data"]),
            b"data"
        );
    }

    #[test]
    fn removes_one_bom_at_the_start_alone() {
        assert_eq!(filtered(&[b"\xef\xbb\xbf\xef\xbb\xbf"]), b"\xef\xbb\xbf");
        assert_eq!(filtered(&[b"d", b"\xef\xbb\xbf"]), b"d\xef\xbb\xbf");
    }

    #[test]
    fn loses_nothing_of_what_is_no_bom() {
        assert_eq!(filtered(&[b"\xef", b"\xbbdata"]), b"\xef\xbbdata");
        assert_eq!(filtered(&[b"\xef\xbb", b"\n"]), b"\xef\xbb\n");
        assert_eq!(filtered(&[b"\xef", b"\xef\xbb\xbf"]), b"\xef\xef\xbb\xbf");
    }

    #[test]
    fn removes_one_where_nothing_comes_before() {
        assert_eq!(filtered_first(&[b"\xef\xbb\xbfdata"]), b"data");
        assert_eq!(filtered_first(&[b"\xef\xbb\xbf", b"data"]), b"data");
        assert_eq!(
            filtered_first(&[b"\xef\xbb\xbf\xef\xbb", b"data"]),
            b"\xef\xbbdata"
        );
        assert_eq!(
            filtered_first(&[b"\xef\xbb\xbf", b"\xef", b"data"]),
            b"\xefdata"
        );
        assert_eq!(filtered_first(&[b"\xef", b"\xbbdata"]), b"\xef\xbbdata");
    }

    #[test]
    fn keeps_two_where_nothing_comes_before_in_one_piece() {
        const MARKED: &[u8] = b"\xef\xbb\xbf\xef\xbb\xbfdata";
        let mut filter = BomFilter::new(true);
        assert_eq!(filter.filter(Bytes::from_static(MARKED)), MARKED);
        for at in 0..6 {
            let mut filter = BomFilter::new(true);
            assert_eq!(filter.filter(Bytes::from_static(&MARKED[..at])), "");
            assert_eq!(filter.filter(Bytes::from_static(&MARKED[at..])), MARKED);
        }
        let mut filter = BomFilter::new(true);
        assert_eq!(
            filter.filter(Bytes::from_static(&MARKED[..6])),
            &MARKED[..6]
        );
        assert_eq!(
            filter.filter(Bytes::from_static(&MARKED[..6])),
            &MARKED[..6]
        );
    }

    #[test]
    fn removes_one_when_something_comes_before_in_the_middle() {
        const MARKED: &[u8] = b"\xef\xbb\xbf\xef\xbb\xbfdata";
        for at in 0..6 {
            let mut filter = BomFilter::new(true);
            assert_eq!(filter.filter(Bytes::from_static(&MARKED[..at])), "");
            filter.follow();
            assert_eq!(
                filter.filter(Bytes::from_static(&MARKED[at..])),
                &MARKED[3..]
            );
        }
    }
}
