//! What a node needs for generations.

use std::sync::Arc;

use super::{
    index::Index,
    owner::{LISTENER, Nodes},
};
use crate::{
    Channel, ChannelStart, EncodedEvent, Hub, Stored,
    channel::GENERATION,
    generation::{GenerationError, GenerationOptions},
};

/// The hub of a node, and the index of generations.
#[derive(Clone)]
pub(super) struct GenerationNode {
    pub(super) hub: Hub<Stored>,
    pub(super) index: Index,
    pub(super) options: Arc<GenerationOptions>,
}

impl GenerationNode {
    /// Returns the channel of a generation.
    pub(super) fn channel(
        &self,
        name: &str,
    ) -> Result<Channel<EncodedEvent, Stored>, GenerationError> {
        let channel = self.hub.generation_channel(&channel_name(name));
        channel.map_err(GenerationError::Channel)
    }

    /// Returns the nodes that have to do with a generation.
    pub(super) async fn nodes(&self, name: &str) -> Result<Nodes, GenerationError> {
        let channel = channel_name(name);
        let presence = self
            .hub
            .presence(&channel)
            .map_err(GenerationError::Channel)?;
        let feed = ChannelStart::resume(presence.name());
        let changes = self
            .hub
            .generation_subscriber(LISTENER)
            .subscribe([feed])
            .await;
        let changes = changes.map_err(GenerationError::Channel)?;
        Ok(Nodes::new(presence, changes))
    }
}

/// Returns the name of the channel of a generation.
pub(super) fn channel_name(name: &str) -> String {
    [GENERATION, name].concat()
}
