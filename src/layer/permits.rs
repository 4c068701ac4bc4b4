use std::{fmt, sync::Arc};

use super::limit::{Control, Permit};

/// The places that a stream holds in the limits of a layer.
#[derive(Default)]
pub(crate) struct Held {
    pub(crate) permits: Vec<Permit>,
    /// By which the stream can be ended from outside.
    pub(crate) control: Arc<Control>,
}

/// The places of a stream, given back when this is dropped.
pub(super) struct Places {
    permits: Vec<Permit>,
    /// Has the places where a newer stream may take them away.
    control: Option<Arc<Control>>,
}

impl Places {
    pub(super) fn new(permits: Vec<Permit>, evicts: bool, control: &Arc<Control>) -> Self {
        let mut places = Self {
            permits: Vec::new(),
            control: evicts.then(|| Arc::clone(control)),
        };
        places.add(permits);
        places
    }

    pub(super) fn add(&mut self, permits: Vec<Permit>) {
        match &self.control {
            Some(control) => control.hold(permits),
            None => self.permits.extend(permits),
        }
    }
}

impl Drop for Places {
    fn drop(&mut self) {
        if let Some(control) = &self.control {
            control.release();
        }
    }
}

impl fmt::Debug for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Held")
    }
}
