use crate::{SseOptions, early::LateHead, layer::response_state::ResponseState};

/// What a stream keeps until the head of the answer comes, if another head was sent before.
#[derive(Debug)]
pub(super) struct LateStart {
    pub(super) head: LateHead,
    /// The options with which the stream has begun.
    pub(super) options: SseOptions,
}

impl LateStart {
    /// Begins a stream whose head was early. Returns `None` for any other.
    pub(super) fn begin(shared: &ResponseState, options: &SseOptions) -> Option<Box<Self>> {
        let head = shared.late_head()?;
        let options = options.clone();
        Some(Box::new(Self { head, options }))
    }
}
