use std::ops::RangeInclusive;

use http::{header::RETRY_AFTER, response::Parts};
use tower_sse::RejectReason;

use super::request::{Outcome, Request};
use crate::any::{config::Config, report::Side};

/// A response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Response {
    /// A stream, or the head of one.
    Stream {
        is_head: bool,
    },
    /// This status with an empty body.
    Status(u16),
    Rejection(Rejection),
}

/// The response to a request that a layer rejects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rejection {
    status: u16,
    /// When the client may reconnect, in milliseconds, if the response says so.
    retry: Option<RangeInclusive<u64>>,
    /// Whether the request is a HEAD.
    is_head: bool,
    /// The line that repeats the id that the client has sent.
    id: &'static str,
}

impl Response {
    pub(crate) fn new(outcome: Outcome, request: &Request, config: &Config) -> Self {
        match outcome {
            Outcome::Stream => Self::Stream { is_head: false },
            Outcome::Head => Self::Stream { is_head: true },
            Outcome::NotFound => Self::Status(404),
            Outcome::Stopped => Self::Status(204),
            Outcome::Rejected(by, reason) => {
                Self::Rejection(Rejection::new(by, reason, request, config))
            }
        }
    }

    /// Asserts that a response is this one, given its whole body if it is no stream.
    #[track_caller]
    pub(crate) fn assert_eq(&self, head: &Parts, body: Option<&str>) {
        match self {
            Self::Stream { is_head } => {
                assert_eq!(head.status, 200);
                assert_eq!(body, is_head.then_some(""));
            }
            Self::Status(status) => {
                assert_eq!(head.status, *status);
                assert_eq!(body, Some(""));
            }
            Self::Rejection(rejection) => rejection.assert_eq(head, body.unwrap()),
        }
    }
}

impl Rejection {
    fn new(by: Side, reason: RejectReason, request: &Request, config: &Config) -> Self {
        let layer = config.layer(by).unwrap();
        let client = request.opening.client;
        let is_shut_down = reason == RejectReason::ShutDown;
        let limit = match reason {
            RejectReason::TooMany => layer.max_streams,
            RejectReason::TooManyOfKey => layer.max_streams_per_key,
            _ => None,
        };
        // A limit that evicts has no reject policy of its own.
        let evicts = limit.is_some_and(|limit| limit.evicts);
        let empty_stream = layer.empty_stream || is_shut_down || evicts;
        let retry = match layer.options.on_shutdown.retry {
            _ if evicts => Some(5_000..=30_000),
            _ if !is_shut_down => Some(7_000..=7_000),
            Some(true) => Some(3_000..=3_000),
            Some(false) => None,
            None => Some(2_000..=10_000),
        };
        // The layer does not know the handler's options before the handler has the request.
        let options = match request.is_handled {
            true => config.options(request.opening.options, by),
            false => layer.options,
        };
        let has_body = empty_stream && client.names_stream() && options.final_retry.unwrap_or(true);
        Self {
            status: match empty_stream {
                true if has_body => 200,
                true => 503,
                false => 429,
            },
            retry,
            is_head: client.is_head(),
            id: client.last_event_id(),
        }
    }

    #[track_caller]
    fn assert_eq(&self, head: &Parts, body: &str) {
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
