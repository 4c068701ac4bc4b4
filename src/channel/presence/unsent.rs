//! Changes that wait to be sent.

use std::{collections::BTreeMap, sync::Arc};

use super::name_change::{NameChange, NameChangeKind};

/// The number of changes that may wait.
const MAX: usize = 10_000;

/// The changes of names that are not sent yet: the newest of each name.
#[derive(Debug, Default)]
pub(super) struct Unsent {
    channels: BTreeMap<Arc<str>, ChannelChanges>,
    len: usize,
}

#[derive(Debug, Default)]
struct ChannelChanges {
    /// Whether all names were gone before.
    is_closed: bool,
    /// Whether each name is there.
    names: BTreeMap<Arc<str>, bool>,
}

impl Unsent {
    pub(super) fn set(&mut self, channel: &Arc<str>, name: &Arc<str>, is_here: bool) {
        let changes = self.channels.entry(Arc::clone(channel)).or_default();
        let before = changes.names.insert(Arc::clone(name), is_here);
        self.len += usize::from(before.is_none());
    }

    pub(super) fn close(&mut self, channel: &Arc<str>) {
        let closed = ChannelChanges {
            is_closed: true,
            names: BTreeMap::new(),
        };
        let before = self.channels.insert(Arc::clone(channel), closed);
        self.len += 1;
        self.len -= before.map_or(0, |before| before.len());
    }

    pub(super) fn is_empty(&self) -> bool {
        self.channels.is_empty()
    }

    pub(super) fn is_full(&self) -> bool {
        self.len > MAX
    }

    pub(super) fn into_changes(self) -> impl Iterator<Item = NameChange> {
        self.channels.into_iter().flat_map(|(channel, changes)| {
            let names = changes
                .names
                .into_iter()
                .map(|(name, is_here)| match is_here {
                    true => NameChangeKind::Joined(name),
                    false => NameChangeKind::Left(name),
                });
            let closed = changes.is_closed.then_some(NameChangeKind::Closed);
            let kinds: Vec<_> = closed.into_iter().chain(names).collect();
            kinds.into_iter().map(move |kind| NameChange {
                channel: Arc::clone(&channel),
                kind,
            })
        })
    }
}

impl ChannelChanges {
    fn len(&self) -> usize {
        self.names.len() + usize::from(self.is_closed)
    }
}
