//! The builder of pages.

use std::{
    collections::BTreeMap,
    collections::btree_map::Entry::{Occupied, Vacant},
    sync::Arc,
};

use super::{Entry, Head, Page, Position, StoredEntry, Topic, TopicEntry, TopicRead, Topics};

/// Makes a [`Page`] of what a store has read of each topic.
///
/// All of it must be read at one moment, in a transaction of the store. The builder merges the entries, and
/// finds the position to which the page is complete.
///
/// ```
/// use tower_sse::store::{Epoch, Head, PageBuilder, Position, TopicEntry, TopicRead};
///
/// # fn main() -> Result<(), tower_sse::store::InvalidEpoch> {
/// let head = Head::new("Ab12".parse()?, Position::new(9), Position::ZERO);
/// let mut page = PageBuilder::new(head, 100);
///
/// // Of `team/3` the store retains the entry at 7. An entry at 4 was trimmed.
/// let entry = TopicEntry::window(Position::new(7), Position::new(4), "hello");
/// page.add(TopicRead::window("team/3".into(), Position::new(7), vec![entry]));
///
/// let page = page.finish();
/// assert_eq!(page.upto, Position::new(9));
/// assert_eq!(page.start(&"team/3".into()), Position::new(4));
/// assert_eq!(page.entries[0].entry.bytes(), "hello");
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct PageBuilder {
    head: Head,
    limit: usize,
    upto: Position,
    entries: BTreeMap<Position, StoredEntry>,
    starts: Vec<(Topic, Position)>,
}

impl PageBuilder {
    /// Starts a page of at most `limit` entries, the limit of [`HubStore::read`](super::HubStore::read). Zero
    /// counts as one. Their bytes are bounded as well ([`Page::MAX_BYTES`]).
    pub fn new(head: Head, limit: usize) -> Self {
        Self {
            head,
            limit: limit.max(1),
            upto: head.last,
            entries: BTreeMap::new(),
            starts: Vec::new(),
        }
    }

    /// Adds what was read of a topic, at most `limit` entries of each. A topic with so many may have more.
    pub fn add(&mut self, read: TopicRead) {
        let is_cut = read.is_cut || read.entries.len() >= self.limit;
        // Beyond the last entry that was read, the page would skip entries of that topic.
        if let Some(last) = read.entries.last().filter(|_| is_cut) {
            self.upto = self.upto.min(last.position);
        }
        for entry in read.entries {
            self.add_entry(&read.topic, entry);
        }
        self.starts.push((read.topic, read.start));
    }

    /// Adds an entry, or its topic to the same entry of another topic.
    fn add_entry(&mut self, topic: &Topic, entry: TopicEntry) {
        match self.entries.entry(entry.position) {
            Vacant(place) => {
                let topics = Topics::from(topic.clone());
                let position = entry.position;
                let before = vec![entry.before];
                let entry = Entry::new(topics, entry.kind, entry.bytes);
                place.insert(StoredEntry::new(position, entry, before));
            }
            Occupied(mut place) => {
                let stored = place.get_mut();
                Arc::make_mut(&mut stored.entry).add_topic(topic.clone());
                stored.topic_before.push(entry.before);
            }
        }
    }

    /// Returns the page.
    pub fn finish(self) -> Page {
        let upto = self.upto;
        let entries = self.entries.into_values();
        let entries = entries.take_while(|entry| entry.position <= upto);
        let mut page = Page {
            head: self.head,
            upto,
            entries: entries.collect(),
            starts: self.starts,
        };
        page.cut(self.limit);
        page
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(topic: &str, positions: &[u64]) -> TopicRead {
        let entries = positions.iter().map(|position| {
            let position = Position::new(*position);
            TopicEntry::window(position, Position::ZERO, "")
        });
        TopicRead::window(topic.into(), Position::new(90), entries.collect())
    }

    fn page(limit: usize, reads: Vec<TopicRead>) -> (u64, Vec<u64>) {
        let epoch = "e".parse().unwrap();
        let head = Head::new(epoch, Position::new(99), Position::ZERO);
        let mut builder = PageBuilder::new(head, limit);
        reads.into_iter().for_each(|read| builder.add(read));
        let page = builder.finish();
        let positions = page.entries.iter().map(|entry| entry.position.get());
        (page.upto.get(), positions.collect())
    }

    #[test]
    fn reaches_to_the_last_position_of_the_store() {
        assert_eq!(page(9, vec![]), (99, vec![]));
        let reads = vec![read("a", &[1, 5]), read("b", &[3, 5])];
        assert_eq!(page(9, reads), (99, vec![1, 3, 5]));
    }

    #[test]
    fn ends_where_a_topic_was_cut_short() {
        let reads = vec![read("a", &[1, 5]).cut(), read("b", &[3, 8])];
        assert_eq!(page(9, reads), (5, vec![1, 3, 5]));
    }

    #[test]
    fn takes_a_topic_with_as_many_entries_as_the_limit_for_cut_short() {
        let reads = vec![read("a", &[1, 5]), read("b", &[8])];
        assert_eq!(page(2, reads), (5, vec![1, 5]));
    }

    #[test]
    fn ends_at_its_limit() {
        let reads = vec![read("a", &[1, 5]), read("b", &[3, 8])];
        assert_eq!(page(3, reads), (5, vec![1, 3, 5]));
    }

    #[test]
    fn ends_at_its_limit_in_bytes() {
        let positions = |lens: &[usize]| {
            let entries = lens.iter().zip(1..).map(|(len, number)| {
                let (position, before) = (Position::new(number), Position::new(number - 1));
                TopicEntry::window(position, before, vec![0; *len])
            });
            let read = TopicRead::window("a".into(), Position::new(90), entries.collect());
            page(9, vec![read])
        };
        let half = Page::MAX_BYTES / 2;
        assert_eq!(positions(&[half, half]), (99, vec![1, 2]));
        assert_eq!(positions(&[half, half, 1]), (2, vec![1, 2]));
        assert_eq!(positions(&[3 * half, 1]), (1, vec![1]));
    }

    #[test]
    fn lists_an_entry_of_several_topics_once() {
        let mut builder = PageBuilder::new(
            Head::new("e".parse().unwrap(), Position::new(5), Position::ZERO),
            9,
        );
        builder.add(read("a", &[5]));
        builder.add(read("b", &[5]));
        let page = builder.finish();
        assert_eq!(page.entries.len(), 1);
        assert_eq!(page.entries[0].entry.topics(), ["a".into(), "b".into()]);
    }
}
