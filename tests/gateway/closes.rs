//! The summaries of streams that have closed.

use std::sync::{Arc, Mutex};

use tower_sse::{SseLayer, StreamSummary};

#[derive(Clone, Default)]
pub(crate) struct Closes(Arc<Mutex<Vec<StreamSummary>>>);

impl Closes {
    pub(crate) fn watch(&self, layer: SseLayer) -> SseLayer {
        let closes = Arc::clone(&self.0);
        layer.on_close(move |summary| closes.lock().unwrap().push(summary.clone()))
    }

    /// Takes the summary of the one stream that has closed since the last call.
    #[track_caller]
    pub(crate) fn take(&self) -> StreamSummary {
        let mut closes = self.0.lock().unwrap();
        assert_eq!(closes.len(), 1);
        closes.remove(0)
    }
}
