use std::sync::{Arc, Mutex, PoisonError};

use crate::SseOptions;

/// The options of one response, kept in its extensions and shared with its body.
///
/// A layer that finds a slot knows that another layer acts already: it adds its options, and the
/// body, however it has been boxed since, reads them when it is first polled.
#[derive(Clone, Debug)]
pub(crate) struct Slot {
    options: Arc<Mutex<SseOptions>>,
    /// Whether the inner layer added a `Connection` header.
    pub(crate) added_connection: bool,
}

impl Slot {
    pub(crate) fn new(options: SseOptions) -> Self {
        Self {
            options: Arc::new(Mutex::new(options)),
            added_connection: false,
        }
    }

    /// Fills in what is unset, and returns all.
    pub(crate) fn fill(&self, outer: &SseOptions) -> SseOptions {
        let mut options = self.options.lock().unwrap_or_else(PoisonError::into_inner);
        options.fill(outer);
        options.clone()
    }

    pub(crate) fn options(&self) -> SseOptions {
        self.options
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}
