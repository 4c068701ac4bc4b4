use bytes::Bytes;

const BOM: &[u8] = "\u{feff}".as_bytes();

/// Removes the byte order mark at the start of a stream, however it is split.
///
/// A client strips it at the start alone (WHATWG HTML 9.2.5): with something put before, it would
/// spoil the first field. Where nothing is, WebKit loses the first event when it is split.
#[derive(Debug, Default)]
pub(crate) struct BomFilter {
    /// How much of a BOM has been held back.
    held: usize,
    done: bool,
}

impl BomFilter {
    /// Returns what may go out of a chunk. What may yet become a BOM is held back; at the end of the
    /// stream it can be forgotten, for clients discard a line that has no end.
    pub(crate) fn filter(&mut self, mut chunk: Bytes) -> Bytes {
        if self.done {
            return chunk;
        }
        let rest = &BOM[self.held..];
        let common = rest.iter().zip(&chunk).take_while(|(a, b)| a == b).count();
        if common == rest.len() {
            self.done = true;
            return chunk.split_off(common);
        }
        if common == chunk.len() {
            self.held += common;
            return Bytes::new();
        }
        self.done = true;
        if self.held == 0 {
            return chunk;
        }
        [&BOM[..self.held], &chunk].concat().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filtered(chunks: &[&'static [u8]]) -> Vec<u8> {
        let mut filter = BomFilter::default();
        let mut out = Vec::new();
        for chunk in chunks {
            out.extend(filter.filter(Bytes::from_static(chunk)));
        }
        out
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
}
