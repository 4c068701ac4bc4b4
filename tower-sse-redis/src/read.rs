//! Reading a page.

use redis::Value;
use tower_sse::store::{Epoch, Head, Page, PageBuilder, Position, Topic, TopicEntry, TopicRead};

use crate::{
    decode::Parts,
    error::InvalidAnswer,
    fields::Fields,
    ids::to_id,
    keys::Keys,
    options::RedisStoreOptions,
    scripts::{Input, LAYOUT},
};

/// Returns the input of the script.
pub(crate) fn encode(
    topics: &[Topic],
    after: Position,
    limit: usize,
    keys: &Keys,
    options: &RedisStoreOptions,
) -> Input {
    let mut input = Input::new(vec![keys.meta(), keys.hub()]);
    for topic in topics {
        input.key(keys.state(topic.as_str()));
        input.key(keys.topic(topic.as_str()));
    }
    input.text(LAYOUT);
    input.text(Epoch::draw());
    input.text(to_id(after.next()));
    input.text(limit.max(1));
    input.text(Page::MAX_BYTES);
    input.text(options.max_age_ms());
    input.server();
    input
}

/// Reads the answer: the state of the hub, and each topic.
pub(crate) fn decode(answer: Value, topics: &[Topic], limit: usize) -> Result<Page, InvalidAnswer> {
    let mut parts = Parts::of(answer)?;
    let head = Head::new(parts.epoch()?, parts.position()?, parts.position()?);
    let mut page = PageBuilder::new(head, limit);
    for topic in topics {
        page.add(decode_topic(topic.clone(), parts.parts()?)?);
    }
    Ok(page.finish())
}

fn decode_topic(topic: Topic, mut parts: Parts) -> Result<TopicRead, InvalidAnswer> {
    let (kind, start, is_cut) = (parts.text()?, parts.position()?, parts.integer()? != 0);
    let is_keyed = kind == "keyed";
    let entries = parts.parts()?.map(|entry| decode_entry(entry, is_keyed));
    let entries = entries.collect::<Result<_, _>>()?;
    let read = match is_keyed {
        true => TopicRead::keyed(topic, start, entries),
        false => TopicRead::window(topic, start, entries),
    };
    Ok(if is_cut { read.cut() } else { read })
}

fn decode_entry(entry: Value, is_keyed: bool) -> Result<TopicEntry, InvalidAnswer> {
    let (position, fields) = Fields::of(entry)?;
    if is_keyed {
        let kind = fields.kind()?;
        return Ok(TopicEntry::new(
            position,
            Position::ZERO,
            kind,
            fields.into_bytes()?,
        ));
    }
    Ok(TopicEntry::window(
        position,
        fields.before()?,
        fields.into_bytes()?,
    ))
}
