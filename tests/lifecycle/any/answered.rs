use std::ops::RangeInclusive;

use http::{header::RETRY_AFTER, response::Parts};
use tower_sse::RejectReason;

use super::{
    request::{Outcome, Request},
    setting::Setting,
    told::Side,
};

/// How a request should be answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// With a stream, or with the head of one.
    Open {
        is_head: bool,
    },
    /// By this status, and nothing else.
    Status(u16),
    Refused(Refused),
}

/// How a stream should be refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    status: u16,
    /// When the client may come back, in milliseconds, if the answer says so.
    retry: Option<RangeInclusive<u64>>,
    /// Whether nothing but the head was asked for.
    is_head: bool,
    /// The line that repeats the id with which the client came.
    id: &'static str,
}

impl Answer {
    pub(crate) fn new(outcome: Outcome, request: &Request, setting: &Setting) -> Self {
        match outcome {
            Outcome::Stream => Self::Open { is_head: false },
            Outcome::Head => Self::Open { is_head: true },
            Outcome::NotFound => Self::Status(404),
            Outcome::Stopped => Self::Status(204),
            Outcome::Refused(by, reason) => {
                Self::Refused(Refused::new(by, reason, request, setting))
            }
        }
    }

    /// Asserts that an answer is so, given its whole body if it is no stream.
    #[track_caller]
    pub(crate) fn assert_is(&self, head: &Parts, body: Option<&str>) {
        match self {
            Self::Open { is_head } => {
                assert_eq!(head.status, 200);
                assert_eq!(body, is_head.then_some(""));
            }
            Self::Status(status) => {
                assert_eq!(head.status, *status);
                assert_eq!(body, Some(""));
            }
            Self::Refused(refused) => refused.assert_is(head, body.unwrap()),
        }
    }
}

impl Refused {
    fn new(by: Side, reason: RejectReason, request: &Request, setting: &Setting) -> Self {
        let layer = setting.layer(by).unwrap();
        let client = request.opening.client;
        let shutdown_policy = reason == RejectReason::ShutDown;
        let cap = match reason {
            RejectReason::TooMany => layer.most,
            RejectReason::TooManyOfKey => layer.most_per_key,
            _ => None,
        };
        // A limit that evicts has no way of its own to refuse a stream.
        let evicts = cap.is_some_and(|cap| cap.evicts);
        let softly = layer.softly || shutdown_policy || evicts;
        let retry = match layer.opts.leave.retry {
            _ if evicts => Some(5_000..=30_000),
            _ if !shutdown_policy => Some(7_000..=7_000),
            Some(true) => Some(3_000..=3_000),
            Some(false) => None,
            None => Some(2_000..=10_000),
        };
        // What the handler says is not known before it has the request.
        let known = match request.is_handled {
            true => setting.opts(request.opening.own, by),
            false => layer.opts,
        };
        let is_soft = softly && client.names_stream() && known.final_retry.unwrap_or(true);
        Self {
            status: match softly {
                true if is_soft => 200,
                true => 503,
                false => 429,
            },
            retry,
            is_head: client.is_head(),
            id: client.last_event_id(),
        }
    }

    #[track_caller]
    fn assert_is(&self, head: &Parts, body: &str) {
        assert_eq!(head.status, self.status);
        let after = head.headers.get(RETRY_AFTER);
        let after = after.map(|after| after.to_str().unwrap().parse::<u64>().unwrap() * 1_000);
        if self.status != 200 {
            assert_eq!(body, "");
            assert_eq!(head.headers["cache-control"], "no-store");
            return self.assert_retry(after);
        }
        assert_eq!(after, None);
        assert_eq!(
            head.headers["content-type"],
            "text/event-stream; charset=utf-8"
        );
        if self.is_head {
            return assert_eq!(body, "");
        }
        let start = format!("event: tower-sse.retry\n{}retry: ", self.id);
        let retry = body.strip_prefix(&*start);
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
