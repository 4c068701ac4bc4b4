use crate::{RejectPolicy, RejectReason};

/// A decision to refuse a stream.
#[derive(Debug)]
pub(crate) struct Rejection {
    pub(crate) reason: RejectReason,
    pub(crate) policy: Box<RejectPolicy>,
}
