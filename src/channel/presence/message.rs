//! What the nodes of a store tell each other about their names.

use super::{
    attendance::Digest,
    name_change::{NameChange, read_changes, write_changes},
    parts::{PartReader, PartWriter},
};
use crate::{
    store::{Entry, Topic},
    time::random_bits,
};

/// The topic of the messages. No channel can have this name.
const TOPIC: &str = "tower-sse:presence";

/// The version of the format. A node ignores messages of others.
const VERSION: &str = "1";

const MORE: &str = "more";
const LAST: &str = "last";

/// A node, of which each hub over a store is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::channel) struct NodeId(pub(super) u64);

/// A message of a node to all others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::channel) struct PresenceMessage {
    pub(super) from: NodeId,
    pub(super) body: Body,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Body {
    /// The node has started, and asks all others for their names.
    Hello,
    /// The names have changed.
    Changes(Vec<NameChange>),
    /// All names, in one or more parts.
    State(StatePart),
    /// The node is alive, and has these names.
    Lease(Digest),
    /// The node asks another for its names.
    Ask(NodeId),
    /// The node has closed.
    Bye,
}

/// A part of all names of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct StatePart {
    /// The number of the state. All of its parts have the same.
    pub(super) number: u64,
    /// The number of the part, from 0.
    pub(super) index: u64,
    pub(super) is_last: bool,
    pub(super) names: Vec<NameChange>,
}

impl NodeId {
    pub(super) fn draw() -> Self {
        Self(random_bits())
    }

    fn to_text(self) -> String {
        format!("{:x}", self.0)
    }

    fn parse(text: &str) -> Option<Self> {
        u64::from_str_radix(text, 16).ok().map(Self)
    }
}

impl PresenceMessage {
    /// Returns `true` if this is the topic of the messages.
    pub(in crate::channel) fn is_topic(topic: &Topic) -> bool {
        topic.as_str() == TOPIC
    }

    pub(in crate::channel) fn entry(&self) -> Entry {
        Entry::ephemeral(TOPIC, self.encode())
    }

    /// Writes the version, the kind, the node, and what the kind has.
    fn encode(&self) -> String {
        let mut parts = PartWriter::default();
        for part in [VERSION, self.body.kind(), &self.from.to_text()] {
            parts.write(&[part]);
        }
        self.body.write(&mut parts);
        parts.finish()
    }

    /// Reads what [`encode`](Self::encode) has written. `None` for anything else, such as a kind that only newer
    /// versions know.
    pub(in crate::channel) fn decode(bytes: &[u8]) -> Option<Self> {
        let mut parts = PartReader::new(std::str::from_utf8(bytes).ok()?);
        if parts.next()? != VERSION {
            return None;
        }
        let kind = parts.next()?;
        let from = NodeId::parse(parts.next()?)?;
        let body = Body::read(kind, parts)?;
        Some(Self { from, body })
    }
}

impl Body {
    fn kind(&self) -> &'static str {
        match self {
            Self::Hello => "hello",
            Self::Changes(_) => "changes",
            Self::State(_) => "state",
            Self::Lease(_) => "lease",
            Self::Ask(_) => "ask",
            Self::Bye => "bye",
        }
    }

    /// Returns `true` if other nodes know names of the node by it.
    pub(super) fn has_names(&self) -> bool {
        matches!(self, Self::Changes(_) | Self::State(_))
    }

    fn write(&self, parts: &mut PartWriter) {
        match self {
            Self::Hello | Self::Bye => {}
            Self::Ask(node) => parts.write(&[&node.to_text()]),
            Self::Lease(digest) => {
                parts.write(&[&digest.len.to_string()]);
                parts.write(&[&format!("{:x}", digest.checksum)]);
            }
            Self::Changes(changes) => write_changes(parts, changes),
            Self::State(part) => {
                parts.write(&[&part.number.to_string()]);
                parts.write(&[&part.index.to_string()]);
                parts.write(&[if part.is_last { LAST } else { MORE }]);
                write_changes(parts, &part.names);
            }
        }
    }

    /// Reads the body of a kind. What a newer version may have added behind is ignored, unless it is among changes.
    fn read(kind: &str, mut parts: PartReader<'_>) -> Option<Self> {
        Some(match kind {
            "hello" => Self::Hello,
            "bye" => Self::Bye,
            "ask" => Self::Ask(NodeId::parse(parts.next()?)?),
            "lease" => Self::Lease(Digest {
                len: parts.next()?.parse().ok()?,
                checksum: u64::from_str_radix(parts.next()?, 16).ok()?,
            }),
            "changes" => Self::Changes(read_changes(parts)?),
            "state" => Self::State(StatePart {
                number: parts.next()?.parse().ok()?,
                index: parts.next()?.parse().ok()?,
                is_last: match parts.next()? {
                    LAST => true,
                    MORE => false,
                    _ => return None,
                },
                names: read_changes(parts)?,
            }),
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::name_change::NameChangeKind::{self, Closed, Joined, Left},
        *,
    };

    fn encoded(body: Body) -> String {
        let from = NodeId(0xa7);
        let message = PresenceMessage { from, body };
        let encoded = message.encode();
        let decoded = PresenceMessage::decode(encoded.as_bytes());
        assert_eq!(decoded, Some(message));
        encoded
    }

    fn change(channel: &str, kind: NameChangeKind) -> NameChange {
        let channel = channel.into();
        NameChange { channel, kind }
    }

    #[test]
    fn short_messages_have_these_bytes() {
        assert_eq!(encoded(Body::Hello), "1:15:hello2:a7");
        assert_eq!(encoded(Body::Bye), "1:13:bye2:a7");
        let ask = Body::Ask(NodeId(u64::MAX));
        assert_eq!(encoded(ask), "1:13:ask2:a716:ffffffffffffffff");
        let digest = Digest {
            len: 12,
            checksum: 0xbeef,
        };
        assert_eq!(encoded(Body::Lease(digest)), "1:15:lease2:a72:124:beef");
    }

    #[test]
    fn changes_name_each_channel_once() {
        let changes = vec![
            change("room/7", Closed),
            change("room/7", Joined("ada".into())),
            change("room/7", Left("+:é".into())),
            change("room/8", Joined("ada".into())),
        ];
        let expected = "1:17:changes2:a77:=room/71:!4:+ada5:-+:é7:=room/84:+ada";
        assert_eq!(encoded(Body::Changes(changes)), expected);
    }

    #[test]
    fn a_state_has_the_number_of_its_part() {
        let mut part = StatePart {
            number: 3,
            index: 10,
            is_last: false,
            names: vec![change("room/7", Joined("ada".into()))],
        };
        let expected = "1:15:state2:a71:32:104:more7:=room/74:+ada";
        assert_eq!(encoded(Body::State(part.clone())), expected);
        part.is_last = true;
        part.names.clear();
        assert_eq!(encoded(Body::State(part)), "1:15:state2:a71:32:104:last");
    }

    #[test]
    fn ignores_what_newer_versions_add() {
        let read = |text: &str| PresenceMessage::decode(text.as_bytes());
        assert_eq!(read("1:15:hello2:a73:new"), read("1:15:hello2:a7"));
        assert_eq!(
            read("1:15:lease2:a71:01:03:new"),
            read("1:15:lease2:a71:01:0")
        );
        assert!(read("1:15:lease2:a71:01:0").is_some());
    }

    #[test]
    fn reads_nothing_else() {
        for text in [
            "",
            "1:1",
            "1:25:hello2:a7",
            "1:15:greet2:a7",
            "1:15:hello2:xy",
            "1:15:hello",
            "1:13:ask2:a7",
            "1:15:lease2:a71:1",
            "1:15:lease2:a72:-11:0",
            "1:15:state2:a71:31:04:lost",
            "1:17:changes2:a74:+ada",
            "1:17:changes2:a77:=room/71:+",
            "1:17:changes2:a77:=room/75:+a\nb",
            "1:17:changes2:a77:=room/74:?ada",
            "1:17:changes2:a77:=room/70:",
            "1:17:changes2:a77:=room/79:+ada",
            "1:17:changes2:a77:=room/74:+adatrailing",
            "event: joined\ndata: ada\n\n",
        ] {
            assert_eq!(PresenceMessage::decode(text.as_bytes()), None, "{text}");
        }
        assert_eq!(PresenceMessage::decode(b"1:15:hello2:a\xff"), None);
    }
}
