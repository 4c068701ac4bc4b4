//! Reading pages of the topics' histories.

use std::time::Duration;

use rusqlite::{Row, Transaction};
use tower_sse::store::{Page, PageBuilder, Position, Topic, TopicEntry, TopicRead};

use super::{
    SqliteError, SqliteOptions,
    history::seconds,
    kind,
    state::{head, integer, position},
    topic_state::TopicState,
};

/// Reads a page. The transaction sees one state of the database.
pub(super) fn read(
    transaction: &Transaction<'_>,
    topics: &[Topic],
    after: Position,
    limit: usize,
    options: &SqliteOptions,
) -> Result<Page, SqliteError> {
    let mut page = PageBuilder::new(head(transaction)?, limit);
    for topic in topics {
        let (entries, is_cut) = entries(transaction, topic, after, limit, options)?;
        let read = match TopicState::find(transaction, topic)? {
            Some(state) if state.is_keyed => {
                TopicRead::keyed(topic.clone(), state.dropped, entries)
            }
            Some(state) => TopicRead::window(topic.clone(), state.last, entries),
            None => TopicRead::window(topic.clone(), Position::ZERO, entries),
        };
        page.add(if is_cut { read.cut() } else { read });
    }
    Ok(page.finish())
}

/// Returns `true` as well if there may be more entries, which a page has no room for.
fn entries(
    transaction: &Transaction<'_>,
    topic: &Topic,
    after: Position,
    limit: usize,
    options: &SqliteOptions,
) -> Result<(Vec<TopicEntry>, bool), SqliteError> {
    // What has expired is deleted by the next commit.
    let sql = "select position, before, kind, key, bytes from history
        where topic = ? and position > ? and (key is not null or stored_at >= unixepoch() - ?)
        order by position limit ?";
    let max_age = seconds(options.max_age.unwrap_or(Duration::MAX));
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut found = transaction.prepare_cached(sql)?;
    let mut found = found.query((topic.as_str(), integer(after), max_age, limit))?;
    let (mut entries, mut bytes) = (Vec::new(), 0);
    while let Some(row) = found.next()? {
        let entry = entry(row)?;
        bytes += entry.bytes().len();
        entries.push(entry);
        if bytes >= Page::MAX_BYTES {
            return Ok((entries, true));
        }
    }
    Ok((entries, false))
}

fn entry(row: &Row<'_>) -> Result<TopicEntry, SqliteError> {
    let (position, before) = (position(row, 0)?, position(row, 1)?);
    let bytes: Vec<u8> = row.get(4)?;
    Ok(TopicEntry::new(
        position,
        before,
        kind::read(row, 2)?,
        bytes,
    ))
}
