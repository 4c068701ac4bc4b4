//! Changes of the names that a node has.

use std::sync::Arc;

use super::parts::{PartReader, PartWriter};
use crate::channel::invalid_name::check_name;

/// The length that a name takes in a message, besides its own.
const PLACE_LEN: usize = 5;

/// A change of the names of a node, in a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NameChange {
    pub(super) channel: Arc<str>,
    pub(super) kind: NameChangeKind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum NameChangeKind {
    Joined(Arc<str>),
    /// The grace time has passed.
    Left(Arc<str>),
    /// All names begin to leave.
    Closed,
}

impl NameChangeKind {
    fn name(&self) -> &str {
        match self {
            Self::Joined(name) | Self::Left(name) => name,
            Self::Closed => "",
        }
    }
}

/// Writes changes: each channel, and then its names.
pub(super) fn write_changes(parts: &mut PartWriter, changes: &[NameChange]) {
    let mut channel: Option<&Arc<str>> = None;
    for change in changes {
        if channel.replace(&change.channel) != Some(&change.channel) {
            parts.write(&["=", &change.channel]);
        }
        match &change.kind {
            NameChangeKind::Joined(name) => parts.write(&["+", name]),
            NameChangeKind::Left(name) => parts.write(&["-", name]),
            NameChangeKind::Closed => parts.write(&["!"]),
        }
    }
}

pub(super) fn read_changes(mut parts: PartReader<'_>) -> Option<Vec<NameChange>> {
    let mut changes = Vec::new();
    let mut channel: Option<Arc<str>> = None;
    for part in parts.by_ref() {
        let (sign, text) = part.split_at_checked(1)?;
        let name = || check_name(text).ok().map(Arc::from);
        let kind = match sign {
            "=" => {
                channel = Some(name()?);
                continue;
            }
            "+" => NameChangeKind::Joined(name()?),
            "-" => NameChangeKind::Left(name()?),
            "!" => NameChangeKind::Closed,
            _ => return None,
        };
        let channel = channel.clone()?;
        changes.push(NameChange { channel, kind });
    }
    parts.is_at_end().then_some(changes)
}

/// Splits changes, so that a message of each part has no more bytes than this, or one change.
pub(super) fn split(
    changes: impl IntoIterator<Item = NameChange>,
    max_bytes: usize,
) -> Vec<Vec<NameChange>> {
    let (mut split, mut bytes) = (vec![Vec::<NameChange>::new()], 0);
    for change in changes {
        let last = split.last().and_then(|part| part.last());
        let is_new = last.is_none_or(|last| last.channel != change.channel);
        let channel_len = PLACE_LEN + change.channel.len();
        let len = PLACE_LEN + change.kind.name().len();
        let added = len + if is_new { channel_len } else { 0 };
        if last.is_some() && bytes + added > max_bytes {
            split.push(Vec::new());
            bytes = channel_len + len;
        } else {
            bytes += added;
        }
        if let Some(part) = split.last_mut() {
            part.push(change);
        }
    }
    split
}

#[cfg(test)]
mod tests {
    use super::{NameChangeKind::Joined, *};

    fn change(channel: &str, name: &str) -> NameChange {
        NameChange {
            channel: channel.into(),
            kind: Joined(name.into()),
        }
    }

    #[test]
    fn a_part_has_no_more_bytes_than_it_may() {
        let names = (0..1000).map(|number| format!("user {number}"));
        let changes: Vec<_> = names.map(|name| change("room/7", &name)).collect();
        let parts = split(changes.clone(), 256);
        assert!(parts.len() > 30 && parts.len() < 80, "{}", parts.len());
        for part in &parts {
            let mut writer = PartWriter::default();
            write_changes(&mut writer, part);
            assert!(writer.finish().len() <= 256);
        }
        assert_eq!(parts.concat(), changes);
    }

    #[test]
    fn a_long_name_is_a_part_of_its_own() {
        let changes = ["a", &"b".repeat(255), "c"].map(|name| change("room/7", name));
        let lens: Vec<_> = split(changes, 64).iter().map(Vec::len).collect();
        assert_eq!(lens, [1, 1, 1]);
        assert_eq!(split([], 64), [vec![]]);
    }
}
