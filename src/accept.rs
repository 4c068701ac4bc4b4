use http::{HeaderMap, header::ACCEPT};

/// Tells whether a request accepts `text/event-stream` (RFC 9110, 12.5.1).
///
/// The most specific range that fits decides; without the header everything is accepted.
pub(crate) fn accepts_event_stream(headers: &HeaderMap) -> bool {
    let mut best = None;
    let mut any = false;
    for value in headers.get_all(ACCEPT) {
        any = true;
        let ranges = value.as_bytes().split(|&byte| byte == b',');
        best = best.max(ranges.filter_map(fit).max());
    }
    best.map_or(!any, |(_, accepted)| accepted)
}

/// Returns how specific a range is, if it fits, and whether its weight is above zero.
fn fit(range: &[u8]) -> Option<(u8, bool)> {
    let mut parts = range.split(|&byte| byte == b';').map(<[u8]>::trim_ascii);
    let media = parts.next()?;
    let is = |range: &[u8]| media.eq_ignore_ascii_case(range);
    let specific = if is(b"text/event-stream") {
        3
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
    // Only `0`, `0.`, `0.0` and so on refuse.
    let refused = weight
        .is_some_and(|q| q.starts_with(b"0") && q.iter().all(|byte| matches!(byte, b'0' | b'.')));
    Some((specific, !refused))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn accepts(values: &[&'static str]) -> bool {
        let values = values.iter().map(|&value| HeaderValue::from_static(value));
        accepts_event_stream(&HeaderMap::from_iter(values.map(|value| (ACCEPT, value))))
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
    fn refuses_what_does_not() {
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
}
