use crate::{CloseReason, Error, WireEnd};

/// The end of a stream, for the report to the layers.
pub(super) struct StreamEnd {
    pub(super) reason: CloseReason,
    pub(super) wire: WireEnd,
    pub(super) error: Option<String>,
}

impl StreamEnd {
    /// Returns the end of a stream without an error.
    pub(super) fn new(reason: CloseReason, wire: WireEnd) -> Self {
        let error = None;
        Self {
            reason,
            wire,
            error,
        }
    }

    /// Returns the end of a stream with an error, whose text is kept unless the layer made it.
    pub(super) fn with_error(reason: CloseReason, wire: WireEnd, error: &Error) -> Self {
        let is_failure = error.close_reason().is_none();
        Self {
            error: is_failure.then(|| error.chain()),
            ..Self::new(reason, wire)
        }
    }

    /// Returns the end of a body that ended by itself.
    pub(super) fn completed() -> Self {
        Self::new(CloseReason::Completed, WireEnd::Clean)
    }
}
