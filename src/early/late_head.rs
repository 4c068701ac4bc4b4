use std::sync::Arc;

use http::Extensions;

use crate::sync::{Mutex, PoisonError};

/// The extensions of a response whose head comes when another has been sent for it.
///
/// It is in the extensions of the early head. The body of the layer takes it from there, and finds in it what
/// the late head has: options, and the link of a stream.
#[derive(Clone, Debug, Default)]
pub(crate) struct LateHead(Arc<Mutex<Option<Extensions>>>);

impl LateHead {
    /// Hands over the extensions. The body must not be polled before the layer has had the time to take them.
    pub(super) fn set(&self, extensions: Extensions) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(extensions);
    }

    /// Takes the extensions, if they have come.
    pub(crate) fn take(&self) -> Option<Extensions> {
        let mut extensions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        extensions.take()
    }
}
