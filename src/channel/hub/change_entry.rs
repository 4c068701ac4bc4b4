//! Changes of open subscriptions, as entries of a store: every node applies them at their position.

use std::sync::Arc;

use super::generation_names::is_generation;
use crate::{
    EventId,
    channel::start::{ChannelStart, StartKind},
    store::{Entry, Topic},
};

/// The topic of changes. No channel can have this name.
const TOPIC: &str = "tower-sse:changes";

/// A change of the open subscriptions with a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::channel) enum SubscribersChange {
    Add { name: Arc<str>, start: ChannelStart },
    Remove { name: Arc<str>, channel: Arc<str> },
}

/// Returns `true` if this is the topic of changes.
pub(super) fn is_change(topic: &Topic) -> bool {
    topic.as_str() == TOPIC
}

/// Returns `true` if no channel can have this name, because the hub needs it.
pub(super) fn is_reserved(name: &str) -> bool {
    name.starts_with("tower-sse:") && !is_generation(name)
}

impl SubscribersChange {
    /// Returns the name of the subscriptions.
    pub(super) fn name(&self) -> &Arc<str> {
        match self {
            Self::Add { name, .. } | Self::Remove { name, .. } => name,
        }
    }

    pub(super) fn entry(&self) -> Entry {
        Entry::ephemeral(TOPIC, self.encode())
    }

    /// Writes the parts, each after its length.
    fn encode(&self) -> String {
        let (kind, name, channel, position) = match self {
            Self::Remove { name, channel } => ("remove", name, channel, ""),
            Self::Add { name, start } => match &start.start.kind {
                StartKind::Resume => ("add", name, &start.name, ""),
                StartKind::Live => ("live", name, &start.name, ""),
                StartKind::Replay => ("replay", name, &start.name, ""),
                StartKind::Since(id) => ("since", name, &start.name, id.as_str()),
            },
        };
        let parts = [kind, &**name, &**channel, position];
        parts.map(|part| format!("{}:{part}", part.len())).concat()
    }

    /// Reads what [`encode`](Self::encode) has written.
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let mut rest = std::str::from_utf8(bytes).ok()?;
        let mut part = || {
            let (len, after) = rest.split_once(':')?;
            let (part, after) = after.split_at_checked(len.parse().ok()?)?;
            rest = after;
            Some(part)
        };
        let (kind, name, channel, position) = (part()?, part()?, part()?, part()?);
        let (name, channel): (Arc<str>, Arc<str>) = (Arc::from(name), Arc::from(channel));
        let kind = match kind {
            "remove" => return Some(Self::Remove { name, channel }),
            "add" => StartKind::Resume,
            "live" => StartKind::Live,
            "replay" => StartKind::Replay,
            "since" => StartKind::Since(EventId::try_from(position.to_owned()).ok()?),
            _ => return None,
        };
        let start = ChannelStart {
            name: channel,
            start: kind.into(),
        };
        Some(Self::Add { name, start })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_has_written() {
        let position = EventId::from_static("ab12-7");
        let starts = [
            ChannelStart::resume("news"),
            ChannelStart::live("a:b"),
            ChannelStart::replay("news"),
            ChannelStart::since("news", position),
        ];
        let adds = starts.map(|start| SubscribersChange::Add {
            name: "3:ada".into(),
            start,
        });
        for change in adds {
            assert_eq!(
                SubscribersChange::decode(change.encode().as_bytes()),
                Some(change)
            );
        }
        let remove = SubscribersChange::Remove {
            name: "é\n".into(),
            channel: "news".into(),
        };
        assert_eq!(remove.encode(), "6:remove3:é\n4:news0:");
        assert_eq!(
            SubscribersChange::decode(remove.encode().as_bytes()),
            Some(remove)
        );
    }

    #[test]
    fn reads_nothing_else() {
        for bytes in [
            "",
            "6:remove",
            "9:remove1:a1:b0:",
            "6:rename1:a1:b0:",
            "5:since1:a1:b2:\n\n",
        ] {
            assert_eq!(SubscribersChange::decode(bytes.as_bytes()), None, "{bytes}");
        }
    }
}
