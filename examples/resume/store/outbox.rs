//! Adding events to the store in a transaction.

use rusqlite::Transaction;
use tower_sse::store::{Entry, Position};

use super::{SqliteError, SqliteOptions, history, state::Place, tail};

/// Adds events to the store, in the transaction that changes the tables of the application.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outbox {
    options: SqliteOptions,
}

impl Outbox {
    pub(super) fn new(options: SqliteOptions) -> Self {
        Self { options }
    }

    /// Adds an entry, whose bytes are an [`EncodedEvent`](tower_sse::EncodedEvent). Returns its position.
    ///
    /// After an error the transaction must be rolled back.
    pub(crate) fn add(
        &self,
        transaction: &Transaction<'_>,
        entry: &Entry,
    ) -> Result<Position, SqliteError> {
        let place = Place::next(transaction)?;
        let mut topics = Vec::new();
        for topic in entry.topics() {
            let before = match entry.kind().is_retained() {
                true => history::append(transaction, topic, entry, place, &self.options)?,
                false => Position::ZERO,
            };
            topics.push((topic.as_str(), before.get()));
        }
        tail::append(transaction, place.position, entry, &topics)?;
        tail::trim(transaction, place.position, self.options.max_records)?;
        if let Some(max_age) = self.options.max_age {
            history::expire(transaction, max_age)?;
        }
        Ok(place.position)
    }
}
