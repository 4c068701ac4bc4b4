//! The lines of a text, as clients see them.

use memchr::memchr2;

/// An iterator over the lines of a text, split at LF, CR and CRLF (WHATWG HTML 9.2.6). There is one line
/// more than there are line ends.
pub(crate) struct Lines<'a>(Option<&'a [u8]>);

impl<'a> Lines<'a> {
    pub(crate) fn of(text: &'a [u8]) -> Self {
        Self(Some(text))
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = &'a [u8];

    #[inline]
    fn next(&mut self) -> Option<&'a [u8]> {
        let text = self.0.take()?;
        let Some(end) = memchr2(b'\r', b'\n', text) else {
            return Some(text);
        };
        let after = if text[end..].starts_with(b"\r\n") {
            2
        } else {
            1
        };
        self.0 = Some(&text[end + after..]);
        Some(&text[..end])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<&str> {
        Lines::of(text.as_bytes())
            .map(|line| std::str::from_utf8(line).unwrap())
            .collect()
    }

    #[test]
    fn ends_at_lf_cr_and_crlf() {
        assert_eq!(lines("a\nb\rc\r\nd"), ["a", "b", "c", "d"]);
    }

    #[test]
    fn counts_a_crlf_once_and_lf_cr_twice() {
        assert_eq!(lines("a\r\nb"), ["a", "b"]);
        assert_eq!(lines("a\n\rb"), ["a", "", "b"]);
        assert_eq!(lines("a\r\r\nb"), ["a", "", "b"]);
    }

    #[test]
    fn has_one_more_than_it_has_ends() {
        assert_eq!(lines(""), [""]);
        assert_eq!(lines("a\n"), ["a", ""]);
        assert_eq!(lines("\r\n"), ["", ""]);
    }

    #[test]
    fn does_not_end_at_what_unicode_calls_a_line_end() {
        assert_eq!(lines("a\u{2028}\u{2029}\u{85}\u{b}\u{c}b").len(), 1);
    }
}
