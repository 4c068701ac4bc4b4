//! The end of a generation, which its own node writes, or another one if that is gone.

use super::{
    index::{EndedEntry, IndexState},
    marker,
    node::GenerationNode,
};
use crate::{
    Channel, EncodedEvent, Stored,
    generation::{GenerationEnd, GenerationError},
};

/// Where a generation is.
pub(super) struct Place<'a> {
    pub(super) name: &'a str,
    /// The number after which it begins.
    pub(super) start: u64,
    /// The number of its last event so far.
    pub(super) last: u64,
}

/// Writes the end of a generation, into its channel and into the index.
pub(super) async fn write_end(
    node: &GenerationNode,
    channel: &Channel<EncodedEvent, Stored>,
    place: &Place<'_>,
    end: GenerationEnd,
    last_events: &[EncodedEvent],
) -> Result<(), GenerationError> {
    let marker = marker::write(last_events, &format!("ended {end}"));
    let marker = marker.ok_or(GenerationError::Unavailable)?;
    let ended = EndedEntry {
        end,
        start: place.start,
        last: place.last,
        has_last_events: last_events.iter().any(|one| !one.as_bytes().is_empty()),
    };
    node.index.end(place.name, ended, channel, marker).await
}

/// Ends a generation whose node is gone, if it has not ended yet. This is the number of its last event.
pub(super) async fn write_loss(
    node: GenerationNode,
    channel: Channel<EncodedEvent, Stored>,
    name: String,
    last: u64,
) {
    let Ok(entries) = node.index.entries().await else {
        return;
    };
    let entry = entries.into_iter().find(|entry| *entry.name == *name);
    let state = entry.map(|entry| entry.state);
    if let Some(IndexState::Running { start, lost }) = state {
        let name = &*name;
        let place = Place { name, start, last };
        let lost = [lost];
        // If it fails, a listener tries again after the time of another lease.
        let _ = write_end(&node, &channel, &place, GenerationEnd::Failed, &lost).await;
    }
}
