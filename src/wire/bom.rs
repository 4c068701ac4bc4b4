use bytes::Bytes;

const BOM_LEN: usize = "\u{feff}".len();

const TWO_BOMS: &[u8] = "\u{feff}\u{feff}".as_bytes();

/// Removes the byte order mark at the start of a stream, however it is split.
///
/// A client strips one, at the start of the connection alone (WHATWG HTML 9.2.5): with something put
/// before, it would spoil the first field. Where nothing is, WebKit loses the first event when it is
/// split.
///
/// Of two marks the client strips the first, and the second spoils the first field. If the first were
/// removed, the client would strip the second. So where nothing comes before them both stay, in one
/// piece.
#[derive(Debug)]
pub(crate) struct BomFilter {
    /// How much of two marks has been held back.
    held: usize,
    /// Whether nothing has been sent.
    first: bool,
    done: bool,
}

impl BomFilter {
    /// Makes one for a stream that is all that the connection has, or that something is put before.
    pub(crate) fn new(first: bool) -> Self {
        Self {
            held: 0,
            first,
            done: false,
        }
    }

    /// Records that something has been put before what is still to come.
    pub(crate) fn follow(&mut self) {
        self.first = false;
    }

    /// Returns what may go out of a chunk. What may yet become a mark is held back; at the end of the
    /// stream it can be forgotten, for clients discard a line that has no end.
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

    /// Returns what was held back, and the chunk, without so many bytes at their start.
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
