use std::collections::BTreeMap;

/// What a client has of a keyed channel.
#[derive(Debug, Default)]
pub(super) struct Keys {
    /// The number of the publish that each key has.
    pub(super) newest: BTreeMap<String, u64>,
    /// The positions of the events of this connection.
    positions: BTreeMap<String, u64>,
}

impl Keys {
    /// Begins a connection, which goes on with what the client has.
    pub(super) fn connect(&mut self) {
        self.positions.clear();
    }

    pub(super) fn begin_snapshot(&mut self) {
        *self = Self::default();
    }

    /// Notes an event, which is newer than the last one of its key, unless the store has lost that.
    pub(super) fn set(
        &mut self,
        key: &str,
        payload: u64,
        position: u64,
        is_lost: impl Fn(u64) -> bool,
    ) {
        let before = self.positions.insert(key.to_owned(), position);
        assert!(
            before.is_none_or(|before| before < position || before > position && is_lost(before)),
            "{position} of {key} comes after {before:?}"
        );
        self.newest.insert(key.to_owned(), payload);
    }

    pub(super) fn remove(&mut self, key: &str) {
        self.newest.remove(key);
        self.positions.remove(key);
    }
}
