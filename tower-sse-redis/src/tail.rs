//! Following the hub stream.

use std::{collections::VecDeque, sync::Arc};

use futures_util::{Stream, stream};
use redis::{Cmd, Value};
use tower_sse::store::{Entry, Page, Position, Record, StoreError, StoredEntry, Tailed, Topics};

use crate::{
    decode::Parts,
    error::{InvalidAnswer, before_sending},
    fields::Fields,
    ids::{to_id, to_position},
    link::{CallError, Link},
    options::milliseconds,
    scripts::{Input, NEWEST},
    shared::Shared,
};

/// The bytes of the records with which a node begins.
const NEWEST_BYTES: usize = 64 * Page::MAX_BYTES;
/// The bytes of the records that are read at once, if they are as large as those before.
const BATCH_BYTES: usize = 16 * Page::MAX_BYTES;
/// The number of records that are read first, when their size is not known.
const FIRST: usize = 16;
/// How many times more records are read than at the last time, at most: large ones may follow small ones.
const GROWTH: usize = 4;
/// The topic of records that this version does not understand. No channel can have this name.
const UNKNOWN: &str = "tower-sse:unknown";

/// The place of a reader of the stream.
struct Tail {
    shared: Arc<Shared>,
    /// A connection of its own, because a command that blocks holds up all others.
    link: Link,
    /// The id of the last record; `None` until the newest records were found.
    after: Option<String>,
    ready: VecDeque<Tailed>,
    /// The maximum number of records of the next command.
    count: usize,
    has_failed: bool,
}

/// Returns the records above a position.
pub(crate) fn tail(
    shared: Arc<Shared>,
    after: Option<Position>,
) -> impl Stream<Item = Result<Tailed, StoreError>> + Send {
    let tail = Tail {
        link: shared.link(shared.options.block_timeout),
        shared,
        after: after.map(to_id),
        ready: VecDeque::new(),
        count: FIRST,
        has_failed: false,
    };
    stream::unfold(tail, |mut tail| async move {
        if tail.has_failed {
            return None;
        }
        let next = tail.next().await;
        tail.has_failed = next.is_err();
        Some((next, tail))
    })
}

impl Tail {
    async fn next(&mut self) -> Result<Tailed, StoreError> {
        loop {
            if let Some(tailed) = self.ready.pop_front() {
                return Ok(tailed);
            }
            let after = match self.after.take() {
                Some(after) => after,
                None => to_id(self.find_newest().await?),
            };
            let command = self.command(&after);
            self.after = Some(after);
            let answer = self.link.call(&command).await.map_err(failed)?;
            for entry in decode(answer)? {
                let (id, record) = decode_record(entry)?;
                self.after = Some(id);
                self.ready.extend(record);
            }
            let most = self
                .shared
                .options
                .read_batch
                .get()
                .min(self.count * GROWTH);
            self.count = count_after(&self.ready).min(most);
        }
    }

    /// Returns the position before the newest records.
    async fn find_newest(&self) -> Result<Position, StoreError> {
        let mut input = Input::new(vec![self.shared.keys.hub()]);
        input.text(self.shared.options.max_newest);
        input.text(NEWEST_BYTES);
        let answer = NEWEST.run(&self.link, &input).await.map_err(failed)?;
        let first = Parts::of(Value::Array(vec![answer]))?.position()?;
        Ok(Position::new(first.get().saturating_sub(1)))
    }

    fn command(&self, after: &str) -> Cmd {
        let (options, mut command) = (&self.shared.options, redis::cmd("XREAD"));
        let block = milliseconds(options.block_timeout);
        command.arg("COUNT").arg(self.count).arg("BLOCK").arg(block);
        command
            .arg("STREAMS")
            .arg(self.shared.keys.hub())
            .arg(after);
        command
    }
}

/// Returns how many records of the size of these should be read at once.
fn count_after(records: &VecDeque<Tailed>) -> usize {
    let len = |tailed: &Tailed| match &tailed.record {
        Record::Entry(stored) => stored.entry.bytes().len(),
        Record::Lost(_) => 0,
    };
    let bytes = records.iter().map(len).sum::<usize>();
    let count = BATCH_BYTES.saturating_mul(records.len()) / bytes.max(1);
    // Zero would be no bound.
    count.max(1)
}

fn failed(error: CallError) -> StoreError {
    before_sending(error.into())
}

/// Reads the answer: nothing after the time, or the entries of one stream.
fn decode(answer: Value) -> Result<Parts, InvalidAnswer> {
    match answer {
        Value::Nil => Parts::of(Value::Array(Vec::new())),
        // By the third version of the protocol.
        Value::Map(mut streams) => {
            let (_, entries) = streams.pop().ok_or(InvalidAnswer("no stream"))?;
            Parts::of(entries)
        }
        answer => {
            let mut stream = Parts::of(answer)?.parts()?;
            stream.text()?;
            stream.parts()
        }
    }
}

/// Reads the id of an entry of the stream, and the record, unless somebody else has added the entry.
fn decode_record(entry: Value) -> Result<(String, Option<Tailed>), InvalidAnswer> {
    let mut parts = Parts::of(entry)?;
    let (id, fields) = (parts.text()?, Fields::read(parts.parts()?));
    let record = to_position(&id).zip(fields.ok());
    let record = record.and_then(|(position, fields)| {
        // Every record of every version has these.
        let (epoch, before) = fields.epoch().ok().zip(fields.before().ok())?;
        // One that this version does not understand keeps its place, or all nodes would stop at it.
        let record = decode_entry(position, fields).unwrap_or_else(|_| unknown(position));
        Some(Tailed::new(epoch, before, record))
    });
    Ok((id, record))
}

fn decode_entry(position: Position, fields: Fields) -> Result<Record, InvalidAnswer> {
    if fields.kind_name() == Some("lost") {
        return Ok(Record::Lost(position));
    }
    let topics = Topics::try_from_iter(fields.topics()?);
    let topics = topics.ok_or(InvalidAnswer("an entry without topics"))?;
    let topic_before = fields.topic_before(topics.as_slice().len())?;
    let entry = Entry::new(topics, fields.kind()?, fields.into_bytes()?);
    Ok(Record::Entry(StoredEntry::new(
        position,
        entry,
        topic_before,
    )))
}

fn unknown(position: Position) -> Record {
    let entry = Entry::ephemeral(UNKNOWN, "");
    Record::Entry(StoredEntry::new(position, entry, vec![Position::ZERO]))
}
