use crate::{RejectPolicy, RejectReason};

/// A decision to reject a stream.
#[derive(Debug)]
pub(crate) struct Rejection {
    pub(crate) reason: RejectReason,
    pub(crate) policy: Box<RejectPolicy>,
}
