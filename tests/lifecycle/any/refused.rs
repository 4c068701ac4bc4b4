use std::ops::RangeInclusive;

use http::{header::RETRY_AFTER, response::Parts};

/// How a stream should be refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    pub(crate) status: u16,
    /// When the client may come back, in milliseconds, where it is told.
    pub(crate) retry: Option<RangeInclusive<u64>>,
    /// Whether nothing but the head was asked for.
    pub(crate) is_head: bool,
}

impl Refused {
    #[track_caller]
    pub(crate) fn assert_is(&self, head: &Parts, body: &str) {
        assert_eq!(head.status, self.status);
        let after = head.headers.get(RETRY_AFTER);
        let after = after.map(|after| after.to_str().unwrap().parse::<u64>().unwrap() * 1_000);
        if self.status != 200 {
            assert_eq!(body, "");
            assert_eq!(head.headers["cache-control"], "no-store");
            return self.assert_retry(after);
        }
        assert_eq!(after, None);
        assert_eq!(head.headers["content-type"], "text/event-stream");
        if self.is_head {
            return assert_eq!(body, "");
        }
        let retry = body.strip_prefix("event: tower-sse.retry\nretry: ");
        let retry = retry.map(|retry| retry.strip_suffix("\ndata: \n\n").unwrap());
        assert_eq!(retry.is_none(), body.is_empty());
        self.assert_retry(retry.map(|retry| retry.parse().unwrap()));
    }

    #[track_caller]
    fn assert_retry(&self, retry: Option<u64>) {
        match (&self.retry, retry) {
            (Some(expected), Some(retry)) => assert!(expected.contains(&retry)),
            (expected, retry) => assert_eq!(expected.is_some(), retry.is_some()),
        }
    }
}
