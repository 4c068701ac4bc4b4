//! The fields of the entries of streams.

use std::sync::Arc;

use bytes::Bytes;
use redis::Value;
use tower_sse::store::{EntryKind, Epoch, Position};

use crate::{
    decode::{Parts, bytes, epoch, position, text},
    error::InvalidAnswer,
};

/// The fields of an entry of a stream. Fields of a later version are left out.
#[derive(Debug, Default)]
pub(crate) struct Fields {
    epoch: Option<String>,
    before: Option<String>,
    kind: Option<String>,
    key: Option<String>,
    topics: Option<String>,
    topic_before: Option<String>,
    bytes: Option<Bytes>,
}

impl Fields {
    /// Reads the id and the fields of an entry.
    pub(crate) fn of(entry: Value) -> Result<(Position, Self), InvalidAnswer> {
        let mut parts = Parts::of(entry)?;
        Ok((parts.position()?, Self::read(parts.parts()?)?))
    }

    /// Reads the names and values of fields.
    pub(crate) fn read(mut values: Parts) -> Result<Self, InvalidAnswer> {
        let mut fields = Self::default();
        while let Some(name) = values.next() {
            let value = values.part()?;
            fields.set(&bytes(name)?, value)?;
        }
        Ok(fields)
    }

    fn set(&mut self, name: &[u8], value: Value) -> Result<(), InvalidAnswer> {
        let field = match name {
            b"e" => &mut self.epoch,
            b"b" => &mut self.before,
            b"k" => &mut self.kind,
            b"y" => &mut self.key,
            b"t" => &mut self.topics,
            b"p" => &mut self.topic_before,
            b"d" => {
                self.bytes = Some(bytes(value)?);
                return Ok(());
            }
            _ => return Ok(()),
        };
        *field = Some(text(value)?);
        Ok(())
    }

    pub(crate) fn epoch(&self) -> Result<Epoch, InvalidAnswer> {
        epoch(required(&self.epoch)?)
    }

    pub(crate) fn before(&self) -> Result<Position, InvalidAnswer> {
        position(required(&self.before)?)
    }

    pub(crate) fn kind_name(&self) -> Option<&str> {
        self.kind.as_deref()
    }

    /// Returns the kind of the entry. Those without a key have an empty one in Redis.
    pub(crate) fn kind(&self) -> Result<EntryKind, InvalidAnswer> {
        let name = required(&self.kind)?;
        let key = self.key.as_deref().map(Arc::from);
        let kind = EntryKind::from_name(name, key).or_else(|| EntryKind::from_name(name, None));
        kind.ok_or(InvalidAnswer("an entry of an unknown kind"))
    }

    pub(crate) fn topics(&self) -> Result<impl Iterator<Item = &str>, InvalidAnswer> {
        Ok(required(&self.topics)?.split('\n'))
    }

    /// Returns the positions before the entry in its topics: zeros, if the entry is ephemeral.
    pub(crate) fn topic_before(&self, topics: usize) -> Result<Vec<Position>, InvalidAnswer> {
        let before: Vec<_> = match required(&self.topic_before)? {
            "" => vec![Position::ZERO; topics],
            before => before.split(' ').map(position).collect::<Result<_, _>>()?,
        };
        match before.len() == topics {
            true => Ok(before),
            false => Err(InvalidAnswer("an entry with too few positions")),
        }
    }

    pub(crate) fn into_bytes(self) -> Result<Bytes, InvalidAnswer> {
        self.bytes.ok_or(MISSING)
    }
}

const MISSING: InvalidAnswer = InvalidAnswer("an entry that lacks a field");

fn required(field: &Option<String>) -> Result<&str, InvalidAnswer> {
    field.as_deref().ok_or(MISSING)
}
