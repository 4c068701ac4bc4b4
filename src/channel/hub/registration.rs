//! A named subscription among those of its hub.

use std::sync::Arc;

use super::shared::HubShared;
use crate::channel::subscription::Control;

/// The name of a subscription, by which its channels can be changed until this is dropped.
pub(in crate::channel) struct Registration {
    hub: Arc<HubShared>,
    name: Arc<str>,
    control: Arc<Control>,
}

impl Registration {
    pub(in crate::channel) fn new(hub: &Arc<HubShared>, name: Arc<str>) -> Self {
        let registration = Self::unlisted(hub, name);
        hub.named.insert(&registration.name, &registration.control);
        registration
    }

    /// Registers a subscription of the hub itself, which is present under its name, but whose channels nobody can change
    /// by that: a user may have the same name.
    pub(super) fn unlisted(hub: &Arc<HubShared>, name: Arc<str>) -> Self {
        Self {
            hub: Arc::clone(hub),
            name,
            control: Arc::default(),
        }
    }

    pub(in crate::channel) fn name(&self) -> &Arc<str> {
        &self.name
    }

    pub(in crate::channel) fn control(&self) -> &Arc<Control> {
        &self.control
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        self.hub.named.remove(&self.name, &self.control);
        // A channel that was added after the last poll has listed the subscription already.
        for change in self.control.end() {
            self.hub.undo(change, &self.name);
        }
    }
}
