//! Appending a batch.

use std::{collections::HashMap, num::NonZeroUsize};

use redis::Value;
use tower_sse::store::{Appended, Batch, Entry, Epoch, Position, StoreError, StoreErrorKind};

use crate::{
    decode::Parts,
    error::InvalidAnswer,
    ids::to_id,
    keys::Keys,
    options::RedisStoreOptions,
    scripts::{Input, LAYOUT},
};

/// The time for which the newest batch of a publisher is remembered. No attempt to append it arrives later.
const PUBLISHER_AGE_MS: u32 = 3_600_000;

/// More entries than the arguments of a script can have.
const MAX_COUNT: usize = 1 << 20;

/// Redis takes numbers of 63 bits, and Lua hands on those of 17 digits.
const MAX_NUMBER: NonZeroUsize = match NonZeroUsize::new(1 << 31) {
    Some(number) => number,
    None => NonZeroUsize::MIN,
};

/// The topics of a batch, in the order in which the script gets them.
#[derive(Default)]
struct TopicList<'a> {
    places: HashMap<&'a str, usize>,
    topics: Vec<(&'a str, bool)>,
}

/// Returns the input of the script.
pub(crate) fn encode(
    batch: &Batch<'_>,
    keys: &Keys,
    options: &RedisStoreOptions,
) -> Result<Input, StoreError> {
    let topics = TopicList::of(batch)?;
    let mut input = Input::new(vec![
        keys.meta(),
        keys.hub(),
        keys.publisher(batch.publisher),
    ]);
    encode_head(&mut input, batch, options);
    input.text(topics.topics.len());
    input.text(batch.entries.len());
    for (topic, is_keyed) in &topics.topics {
        input.key(keys.state(topic));
        input.key(keys.topic(topic));
        if *is_keyed {
            input.key(keys.removals(topic));
        }
        input.text(if *is_keyed { "keyed" } else { "window" });
    }
    for entry in batch.entries.iter() {
        encode_entry(&mut input, entry, &topics);
    }
    Ok(input)
}

fn encode_head(input: &mut Input, batch: &Batch<'_>, options: &RedisStoreOptions) {
    input.text(LAYOUT);
    input.text(Epoch::draw());
    // With all its digits, so that it is compared as text.
    input.text(format_args!("{:020}", batch.counter));
    input.text(
        batch
            .epoch
            .map(|epoch| epoch.to_string())
            .unwrap_or_default(),
    );
    input.text(to_id(batch.seen));
    input.text(to_id(batch.lost));
    input.text(options.max_records.min(MAX_NUMBER));
    input.text(options.max_entries.min(MAX_NUMBER));
    input.text(options.max_age_ms());
    input.text(PUBLISHER_AGE_MS);
    input.server();
}

fn encode_entry(input: &mut Input, entry: &Entry, topics: &TopicList<'_>) {
    let names: Vec<_> = entry.topics().iter().map(|topic| topic.as_str()).collect();
    input.text(entry.kind().name());
    input.text(entry.kind().key().map(|key| &**key).unwrap_or_default());
    input.text(names.join("\n"));
    input.bytes(entry.bytes());
    if !entry.kind().is_retained() {
        input.text(0);
        return;
    }
    input.text(names.len());
    for name in names {
        // Lua counts from one.
        input.text(topics.places.get(name).map_or(0, |place| place + 1));
    }
}

impl<'a> TopicList<'a> {
    fn of(batch: &'a Batch<'_>) -> Result<Self, StoreError> {
        let mut list = Self::default();
        for entry in batch.entries.iter() {
            for topic in entry.topics() {
                list.add(topic.as_str(), entry)?;
            }
        }
        Ok(list)
    }

    fn add(&mut self, topic: &'a str, entry: &Entry) -> Result<(), StoreError> {
        if topic.contains('\n') {
            return Err(refused("the name of a topic has a line break"));
        }
        if !entry.kind().is_retained() {
            return Ok(());
        }
        let is_keyed = entry.kind().key().is_some();
        let place = *self.places.entry(topic).or_insert(self.topics.len());
        if place == self.topics.len() {
            self.topics.push((topic, is_keyed));
        }
        match self.topics[place].1 == is_keyed {
            true => Ok(()),
            false => Err(refused("a topic is keyed or not")),
        }
    }
}

fn refused(cause: &'static str) -> StoreError {
    StoreError::with_source(StoreErrorKind::Refused, cause)
}

/// Reads the answer: the epoch, the position of the first entry, and the number of entries. Their positions have no
/// holes.
pub(crate) fn decode(answer: Value) -> Result<Appended, InvalidAnswer> {
    let mut parts = Parts::of(answer)?;
    let (epoch, first, count) = (parts.epoch()?, parts.position()?, parts.integer()?);
    let count = usize::try_from(count)
        .ok()
        .filter(|count| *count <= MAX_COUNT);
    let count = count.ok_or(InvalidAnswer("a number of entries that no batch has"))?;
    let positions = (first.get()..).take(count).map(Position::new);
    Ok(Appended::new(epoch, positions.collect()))
}
