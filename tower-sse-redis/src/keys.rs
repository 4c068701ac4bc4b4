//! The names of the keys in Redis.

use tower_sse::store::PublisherId;

/// Makes the keys of a hub. All have the same hash tag, so that they are in one slot of a cluster.
#[derive(Clone, Debug)]
pub(crate) struct Keys {
    prefix: Box<str>,
}

impl Keys {
    pub(crate) fn new(prefix: &str) -> Self {
        Self {
            prefix: format!("{{{prefix}}}").into(),
        }
    }

    /// Returns the key of the hub's state, a hash.
    pub(crate) fn meta(&self) -> String {
        self.key("meta")
    }

    /// Returns the key of the records of all topics, a stream.
    pub(crate) fn hub(&self) -> String {
        self.key("hub")
    }

    /// Returns the key of a publisher's newest batch, a string.
    pub(crate) fn publisher(&self, publisher: PublisherId) -> String {
        self.named("publisher", &format!("{:016x}", publisher.get()))
    }

    /// Returns the key of a topic's state, a hash. That of a keyed topic has the entries too.
    pub(crate) fn state(&self, topic: &str) -> String {
        self.named("state", topic)
    }

    /// Returns the key of a topic's history: a stream, or the order of a keyed topic, a sorted set.
    pub(crate) fn topic(&self, topic: &str) -> String {
        self.named("topic", topic)
    }

    /// Returns the key of a keyed topic's removals, a sorted set.
    pub(crate) fn removals(&self, topic: &str) -> String {
        self.named("removals", topic)
    }

    fn key(&self, part: &str) -> String {
        format!("{}:{part}", self.prefix)
    }

    fn named(&self, part: &str, name: &str) -> String {
        format!("{}:{part}:{name}", self.prefix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_keys_have_one_hash_tag() {
        let keys = Keys::new("app");
        assert_eq!(keys.meta(), "{app}:meta");
        assert_eq!(keys.hub(), "{app}:hub");
        assert_eq!(keys.topic("a:{b}"), "{app}:topic:a:{b}");
        assert_eq!(keys.state("a"), "{app}:state:a");
        assert_eq!(keys.removals("a"), "{app}:removals:a");
        let publisher = keys.publisher(PublisherId::new(255));
        assert_eq!(publisher, "{app}:publisher:00000000000000ff");
    }
}
