//! The names that one node has in its channels.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// The names that one node has in its channels, and a digest of them.
#[derive(Clone, Debug, Default)]
pub(super) struct Attendance {
    channels: BTreeMap<Arc<str>, ChannelNames>,
    digest: Digest,
}

#[derive(Clone, Debug, Default)]
struct ChannelNames {
    names: BTreeSet<Arc<str>>,
    digest: Digest,
}

/// The number of the names of a node, and a checksum of them, by which another node notices that it has missed a
/// change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::channel) struct Digest {
    pub(in crate::channel) len: u64,
    /// The sum of the hashes of all names with their channels.
    pub(in crate::channel) checksum: u64,
}

impl Attendance {
    /// Adds a name. Returns `true` if it was not there.
    pub(super) fn insert(&mut self, channel: &Arc<str>, name: &Arc<str>) -> bool {
        let names = self.channels.entry(Arc::clone(channel)).or_default();
        let is_new = names.names.insert(Arc::clone(name));
        if is_new {
            let one = Digest::of(channel, name);
            names.digest.add(one);
            self.digest.add(one);
        }
        is_new
    }

    /// Removes a name. Returns `true` if it was there.
    pub(super) fn remove(&mut self, channel: &str, name: &str) -> bool {
        let Some(names) = self.channels.get_mut(channel) else {
            return false;
        };
        let was_there = names.names.remove(name);
        if was_there {
            let one = Digest::of(channel, name);
            names.digest.subtract(one);
            self.digest.subtract(one);
        }
        if names.names.is_empty() {
            self.channels.remove(channel);
        }
        was_there
    }

    /// Removes all names of a channel.
    pub(super) fn remove_channel(&mut self, channel: &str) -> BTreeSet<Arc<str>> {
        let Some(removed) = self.channels.remove(channel) else {
            return BTreeSet::new();
        };
        self.digest.subtract(removed.digest);
        removed.names
    }

    pub(super) fn has(&self, channel: &str, name: &str) -> bool {
        let names = self.channels.get(channel);
        names.is_some_and(|names| names.names.contains(name))
    }

    /// Returns the names in a channel, in their order.
    pub(super) fn names(&self, channel: &str) -> impl Iterator<Item = &Arc<str>> {
        let names = self.channels.get(channel);
        names.into_iter().flat_map(|names| &names.names)
    }

    /// Returns all channels with their names, in their order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&Arc<str>, &BTreeSet<Arc<str>>)> {
        let channels = self.channels.iter();
        channels.map(|(channel, names)| (channel, &names.names))
    }

    pub(super) fn digest(&self) -> Digest {
        self.digest
    }

    pub(super) fn is_empty(&self) -> bool {
        self.channels.is_empty()
    }
}

impl Digest {
    fn of(channel: &str, name: &str) -> Self {
        // A byte that UTF-8 does not have separates the two.
        let bytes = channel.bytes().chain([0xff]).chain(name.bytes());
        Self {
            len: 1,
            checksum: fnv_1a(bytes),
        }
    }

    fn add(&mut self, other: Self) {
        self.len += other.len;
        self.checksum = self.checksum.wrapping_add(other.checksum);
    }

    fn subtract(&mut self, other: Self) {
        self.len -= other.len;
        self.checksum = self.checksum.wrapping_sub(other.checksum);
    }
}

/// Makes a hash that is the same in all builds, as that of the standard library need not be.
fn fnv_1a(bytes: impl Iterator<Item = u8>) -> u64 {
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names<const N: usize>(names: [&str; N]) -> [Arc<str>; N] {
        names.map(Arc::from)
    }

    #[test]
    fn hashes_as_other_builds_do() {
        // From the reference implementation's test vectors.
        assert_eq!(fnv_1a("".bytes()), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv_1a("a".bytes()), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(fnv_1a("foobar".bytes()), 0x8594_4171_f739_67e8);
    }

    #[test]
    fn a_digest_does_not_depend_on_the_way() {
        let [room, hall, ada, bob] = names(["room", "hall", "ada", "bob"]);
        let (mut one, mut other) = (Attendance::default(), Attendance::default());
        assert!(one.insert(&room, &ada));
        assert!(!one.insert(&room, &ada));
        for (channel, name) in [(&hall, &bob), (&room, &bob), (&room, &ada)] {
            other.insert(channel, name);
        }
        assert_ne!(one.digest(), other.digest());
        assert!(other.remove("room", "bob"));
        assert!(!other.remove("room", "bob"));
        assert_eq!(other.remove_channel("hall"), BTreeSet::from([bob]));
        assert_eq!(one.digest(), other.digest());
        other.remove_channel("room");
        assert_eq!(
            (other.digest(), other.is_empty()),
            (Digest::default(), true)
        );
    }

    #[test]
    fn a_digest_tells_names_and_channels_apart() {
        let digests = [("ab", "c"), ("a", "bc"), ("c", "ab")].map(|(channel, name)| {
            let mut one = Attendance::default();
            one.insert(&channel.into(), &name.into());
            one.digest()
        });
        assert_ne!(digests[0], digests[1]);
        assert_ne!(digests[0], digests[2]);
    }
}
