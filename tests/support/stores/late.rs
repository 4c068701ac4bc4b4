use tower_sse::store::{Batch, Entry, Epoch, Position, PublisherId};

/// A batch that is still on its way to the store when its publisher has given it up.
pub(super) struct LateBatch {
    publisher: PublisherId,
    counter: u64,
    entries: Vec<Entry>,
    epoch: Option<Epoch>,
    seen: Position,
    lost: Position,
}

impl LateBatch {
    pub(super) fn new(batch: &Batch<'_>) -> Self {
        Self {
            publisher: batch.publisher,
            counter: batch.counter,
            entries: batch.entries.to_vec(),
            epoch: batch.epoch,
            seen: batch.seen,
            lost: batch.lost,
        }
    }

    pub(super) fn as_batch(&self) -> Batch<'_> {
        Batch::new(self.publisher, self.counter, &self.entries)
            .seen(self.epoch, self.seen)
            .lost(self.lost)
    }
}
