use http::{HeaderMap, HeaderValue, header::ACCEPT};

/// What the `Accept` of a request permits of `text/event-stream` (RFC 9110, 12.5.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Accept {
    /// Whether it is acceptable. The most specific range that fits decides; without the header
    /// everything is.
    pub(crate) accepted: bool,
    /// Whether it is named and not only matched by `*/*` or `text/*`.
    pub(crate) named: bool,
    /// Whether nothing else is acceptable.
    pub(crate) alone: bool,
}

impl Accept {
    const ANY: Self = Self {
        accepted: true,
        named: false,
        alone: false,
    };
    const ALONE: Self = Self {
        accepted: true,
        named: true,
        alone: true,
    };

    /// Reads the header.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let mut values = headers.get_all(ACCEPT).iter();
        // The values of most requests need no parsing.
        match (values.next().map(HeaderValue::as_bytes), values.next()) {
            (None | Some(b"*/*"), None) => Self::ANY,
            (Some(EVENT_STREAM), None) => Self::ALONE,
            _ => Self::parse(headers),
        }
    }

    fn parse(headers: &HeaderMap) -> Self {
        let (mut best, mut others, mut any) = (None, false, false);
        for value in headers.get_all(ACCEPT) {
            any = true;
            for range in value.as_bytes().split(|&byte| byte == b',') {
                match fit(range) {
                    Some(fit) => {
                        best = best.max(Some(fit));
                        others |= fit.0 < NAMED;
                    }
                    None => others |= !range.trim_ascii().is_empty(),
                }
            }
        }
        let named = best == Some((NAMED, true));
        Self {
            accepted: best.map_or(!any, |(_, accepted)| accepted),
            named,
            alone: named && !others,
        }
    }
}

const EVENT_STREAM: &[u8] = b"text/event-stream";

/// How specific the full name is.
const NAMED: u8 = 3;

/// Returns how specific a range is, if it fits, and whether its weight is above zero.
fn fit(range: &[u8]) -> Option<(u8, bool)> {
    let mut parts = range.split(|&byte| byte == b';').map(<[u8]>::trim_ascii);
    let media = parts.next()?;
    let is = |range: &[u8]| media.eq_ignore_ascii_case(range);
    let specific = if is(EVENT_STREAM) {
        NAMED
    } else if is(b"text/*") {
        2
    } else if is(b"*/*") {
        1
    } else {
        return None;
    };
    let weight = parts.find_map(|part| {
        part.strip_prefix(b"q=")
            .or_else(|| part.strip_prefix(b"Q="))
    });
    // Only a weight of `0`, `0.`, `0.0` and so on means "not acceptable".
    let is_refused = weight
        .is_some_and(|q| q.starts_with(b"0") && q.iter().all(|byte| matches!(byte, b'0' | b'.')));
    Some((specific, !is_refused))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accept(values: &[&'static str]) -> Accept {
        let values = values.iter().map(|&value| HeaderValue::from_static(value));
        Accept::of(&HeaderMap::from_iter(values.map(|value| (ACCEPT, value))))
    }

    fn accepts(values: &[&'static str]) -> bool {
        accept(values).accepted
    }

    #[test]
    fn accepts_what_fits() {
        assert!(accepts(&[]));
        assert!(accepts(&["text/event-stream"]));
        assert!(accepts(&["Text/Event-Stream;charset=utf-8; q=0.1"]));
        assert!(accepts(&["application/json, text/event-stream"]));
        assert!(accepts(&["application/json", "text/*"]));
        assert!(accepts(&["text/html,*/*;q=0.8"]));
    }

    #[test]
    fn rejects_what_does_not() {
        assert!(!accepts(&[""]));
        assert!(!accepts(&["application/json"]));
        assert!(!accepts(&["text/html, application/*"]));
        assert!(!accepts(&["text/event-stream;q=0"]));
        assert!(!accepts(&["*/*;q=0.000"]));
    }

    #[test]
    fn lets_the_most_specific_range_decide() {
        assert!(!accepts(&["*/*, text/event-stream;q=0"]));
        assert!(accepts(&["text/*;q=0, text/event-stream"]));
        assert!(!accepts(&["text/*;q=0", "*/*"]));
    }

    #[test]
    fn distinguishes_a_name_from_a_wildcard() {
        let named = |values: &[&'static str]| accept(values).named;
        assert!(named(&["text/event-stream"]));
        assert!(named(&["application/json, Text/Event-Stream;q=0.5"]));
        assert!(named(&["*/*", "text/event-stream"]));
        assert!(!named(&[]));
        assert!(!named(&["*/*"]));
        assert!(!named(&["text/*, application/json"]));
        assert!(!named(&["text/event-stream;q=0"]));
    }

    #[test]
    fn knows_a_request_that_accepts_nothing_else() {
        let alone = |values: &[&'static str]| accept(values).alone;
        assert!(alone(&["text/event-stream"]));
        assert!(alone(&[
            "text/event-stream; charset=utf-8, ",
            "text/event-stream"
        ]));
        assert!(!alone(&[]));
        assert!(!alone(&["*/*"]));
        assert!(!alone(&["text/event-stream, */*;q=0.1"]));
        assert!(!alone(&["application/json", "text/event-stream"]));
        assert!(!alone(&["text/event-stream;q=0"]));
    }
}
