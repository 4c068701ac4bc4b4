use std::{fmt, sync::Arc};

use super::limit::{Control, Permit};

/// The permits that a request has taken in the limits of a layer, for its stream.
#[derive(Default)]
pub(crate) struct StreamPermits {
    pub(crate) permits: Vec<Permit>,
    /// By which the stream can be ended from outside.
    pub(crate) control: Arc<Control>,
}

/// Gives the permits of a stream back when it is dropped.
pub(super) struct PermitGuard {
    permits: Vec<Permit>,
    /// Has the permits in place of the guard if a newer stream may take them away.
    control: Option<Arc<Control>>,
}

impl PermitGuard {
    pub(super) fn new(permits: Vec<Permit>, evicts: bool, control: &Arc<Control>) -> Self {
        let mut guard = Self {
            permits: Vec::new(),
            control: evicts.then(|| Arc::clone(control)),
        };
        guard.add(permits);
        guard
    }

    pub(super) fn add(&mut self, permits: Vec<Permit>) {
        match &self.control {
            Some(control) => control.hold(permits),
            None => self.permits.extend(permits),
        }
    }
}

impl Drop for PermitGuard {
    fn drop(&mut self) {
        if let Some(control) = &self.control {
            control.release();
        }
    }
}

impl fmt::Debug for StreamPermits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StreamPermits")
    }
}
