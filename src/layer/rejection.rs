use crate::{Refuse, RefuseReason};

/// A decision to refuse a stream.
#[derive(Debug)]
pub(crate) struct Rejection {
    pub(crate) reason: RefuseReason,
    pub(crate) policy: Box<Refuse>,
}
