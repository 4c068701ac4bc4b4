use std::{fmt, sync::Arc, time::Duration};

use http::{Method, Request};

use super::late_answer::LateAnswer;
use crate::{EncodedEvent, RequestHead, time::SharedTimer};

/// The default for [`EarlyHeadLayer::max_late_body`](crate::EarlyHeadLayer::max_late_body).
pub(super) const MAX_LATE_BODY: usize = 64 * 1024;

pub(super) type OnLate = Arc<dyn Fn(&LateAnswer) -> Option<EncodedEvent> + Send + Sync>;

type ExpectsStream = Arc<dyn Fn(RequestHead<'_>) -> bool + Send + Sync>;

/// The configuration of a layer, which its services share.
#[derive(Clone)]
pub(super) struct Config {
    pub(super) timer: SharedTimer,
    pub(super) delay: Duration,
    pub(super) expects: Option<ExpectsStream>,
    pub(super) on_late: Option<OnLate>,
    pub(super) max_late_body: usize,
}

impl Config {
    /// Returns `true` if the answer to a request may have an early head.
    pub(super) fn expects_stream<B>(&self, request: &Request<B>) -> bool {
        if request.method() == Method::HEAD {
            // Its answer is a head, so there is nothing to wait for in a body.
            return false;
        }
        let head = RequestHead::of(request);
        match &self.expects {
            Some(expects) => expects(head),
            None => head.expects_stream(),
        }
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("delay", &self.delay)
            .finish_non_exhaustive()
    }
}
