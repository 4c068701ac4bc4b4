use std::sync::Arc;

use crate::{SseOptions, timer::SharedTimer};

/// What a layer, its services and their streams share.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    pub(crate) timer: SharedTimer,
    pub(crate) options: SseOptions,
    /// The query parameter that may stand in for the `Last-Event-ID` header.
    pub(crate) last_event_id_query: Option<Arc<str>>,
}
