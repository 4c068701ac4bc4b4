//! The publisher, which the handles of a hub and of its channels share.

use std::sync::Arc;

use super::{hub::shared::HubShared, shared::ChannelShared};

/// Closes the channels when the last handle is dropped. Subscriptions share [`HubShared`] and
/// [`ChannelShared`] alone, so they keep no channel open.
#[derive(Debug)]
pub(super) struct Publisher {
    hub: Arc<HubShared>,
    /// The channel of a hub of one, which is not in the registry.
    only: Option<Arc<ChannelShared>>,
}

impl Publisher {
    pub(super) fn of_hub(hub: Arc<HubShared>) -> Self {
        Self { hub, only: None }
    }

    pub(super) fn of_channel(hub: HubShared, channel: &Arc<ChannelShared>) -> Self {
        Self {
            hub: Arc::new(hub),
            only: Some(Arc::clone(channel)),
        }
    }

    pub(super) fn hub(&self) -> &Arc<HubShared> {
        &self.hub
    }
}

impl Drop for Publisher {
    fn drop(&mut self) {
        match &self.only {
            Some(channel) => self.hub.close(channel),
            None => self.hub.close_for_good(),
        }
    }
}
