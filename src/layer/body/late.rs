//! The answer of a handler to a request whose stream has begun before.

use bytes::Bytes;

use super::state::{Phase, StreamState};
use crate::{SseOptions, layer::response_state::ResponseState, report::StreamLink};

impl StreamState {
    /// Applies what the head of the answer says, if it has come. Returns `Some` if it has, with the bytes that go
    /// out before those of the answer.
    ///
    /// The options and the guards of a layer inside come with it, if there is one: its body then leaves the
    /// stream to this one.
    pub(super) fn settle(&mut self) -> Option<Option<Bytes>> {
        let mut extensions = self.late.as_ref()?.head.take()?;
        let begun = self.late.take()?.options;
        let Phase::Running(running) = &mut self.phase else {
            return None;
        };
        let mut options = extensions.remove::<SseOptions>().unwrap_or_default();
        let mut link = extensions.remove::<StreamLink>();
        let mut guards = Vec::new();
        if let Some(inner) = extensions.remove::<ResponseState>() {
            link = link.or(inner.link());
            let (of_inner, inner_guards) = inner.take_over();
            options.fill(&of_inner);
            guards = inner_guards;
        }
        let info = options.handler_info.clone();
        let has_retry = options.retry.is_some();
        options.fill(&begun);
        let (since, now) = (self.record.since(), self.sleep.now());
        let first = running.update(&options, has_retry, since, now);
        self.record.settle(guards, info.as_deref(), link);
        self.record.set_audience(self.client.audience());
        Some(first)
    }
}
