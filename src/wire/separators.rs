//! Line separators of Unicode in JSON.

use memchr::memchr2_iter;

/// Replaces U+2028, U+2029 and U+0085 in JSON by escapes.
///
/// Clients that split lines by the rules of their language (Python's `splitlines`) end a line at these
/// characters, and would cut the data in two. JSON has them only within strings, so the value stays the
/// same.
pub(crate) fn escape_separators(json: &mut Vec<u8>, start: usize) {
    let Some((first, ..)) = find(&json[start..]) else {
        return;
    };
    let tail = json.split_off(start + first);
    let mut rest = &tail[..];
    while let Some((at, len, escape)) = find(rest) {
        json.extend_from_slice(&rest[..at]);
        json.extend_from_slice(escape);
        rest = &rest[at + len..];
    }
    json.extend_from_slice(rest);
}

/// Returns the position of the next separator, its length, and its escape.
fn find(json: &[u8]) -> Option<(usize, usize, &'static [u8])> {
    memchr2_iter(0xe2, 0xc2, json).find_map(|at| match json[at..] {
        [0xe2, 0x80, 0xa8, ..] => Some((at, 3, &b"\\u2028"[..])),
        [0xe2, 0x80, 0xa9, ..] => Some((at, 3, b"\\u2029")),
        [0xc2, 0x85, ..] => Some((at, 2, b"\\u0085")),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn escaped(json: &str) -> String {
        let mut bytes = format!("\u{2028}{json}").into_bytes();
        escape_separators(&mut bytes, "\u{2028}".len());
        let text = String::from_utf8(bytes).unwrap();
        text.strip_prefix('\u{2028}').unwrap().to_owned()
    }

    #[test]
    fn escapes_all_three_wherever_they_stand() {
        assert_eq!(escaped("\u{2028}"), r"\u2028");
        assert_eq!(escaped("a\u{2029}"), r"a\u2029");
        assert_eq!(escaped("\u{85}b\u{85}"), r"\u0085b\u0085");
        assert_eq!(escaped("a\u{2028}\u{2029}\u{85}b"), r"a\u2028\u2029\u0085b");
    }

    #[test]
    fn leaves_their_neighbours_alone() {
        let others = "\u{2027}\u{202a}\u{2128}\u{84}\u{86}\u{a0}é€\u{b}\u{c}";
        assert_eq!(escaped(others), others);
        assert_eq!(
            escaped(&format!("{others}\u{85}")),
            format!(r"{others}\u0085")
        );
        assert_eq!(escaped(""), "");
    }
}
