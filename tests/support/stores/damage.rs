use tower_sse::store::{Epoch, HubStore, Topic};

/// A store that tests can damage as crashes, failovers and administrators do.
pub(crate) trait Damage: HubStore {
    /// A copy of everything that the store holds.
    type Image: Send + Sync + 'static;

    /// Copies everything that the store holds, as a write of its files to the disk does.
    fn image(&self) -> Self::Image;

    /// Returns the store to an earlier state, as a crash does: what was acknowledged since is lost.
    fn restore(&self, image: &Self::Image);

    /// Empties the store, which begins another epoch.
    fn wipe(&self, epoch: Epoch);

    /// Trims the tail to its newest records.
    fn trim_tail(&self, keep: usize);

    /// Trims a topic to its newest entries.
    fn trim_topic(&self, topic: &Topic, keep: usize);
}
