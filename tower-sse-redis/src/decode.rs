//! Reading the answers of Redis.

use std::vec;

use bytes::Bytes;
use redis::Value;
use tower_sse::store::{Epoch, Position};

use crate::{error::InvalidAnswer, ids::to_position};

/// The parts of an array, one after the other.
#[derive(Debug)]
pub(crate) struct Parts(vec::IntoIter<Value>);

impl Parts {
    pub(crate) fn of(value: Value) -> Result<Self, InvalidAnswer> {
        match value {
            Value::Array(parts) => Ok(Self(parts.into_iter())),
            _ => Err(InvalidAnswer("something else than an array")),
        }
    }

    pub(crate) fn part(&mut self) -> Result<Value, InvalidAnswer> {
        self.0.next().ok_or(InvalidAnswer("too few parts"))
    }

    pub(crate) fn parts(&mut self) -> Result<Self, InvalidAnswer> {
        Self::of(self.part()?)
    }

    pub(crate) fn text(&mut self) -> Result<String, InvalidAnswer> {
        text(self.part()?)
    }

    pub(crate) fn position(&mut self) -> Result<Position, InvalidAnswer> {
        position(&self.text()?)
    }

    pub(crate) fn epoch(&mut self) -> Result<Epoch, InvalidAnswer> {
        epoch(&self.text()?)
    }

    pub(crate) fn integer(&mut self) -> Result<i64, InvalidAnswer> {
        match self.part()? {
            Value::Int(number) => Ok(number),
            _ => Err(InvalidAnswer("something else than a number")),
        }
    }
}

impl Iterator for Parts {
    type Item = Value;

    fn next(&mut self) -> Option<Value> {
        self.0.next()
    }
}

pub(crate) fn bytes(value: Value) -> Result<Bytes, InvalidAnswer> {
    match value {
        Value::BulkString(bytes) => Ok(bytes.into()),
        Value::SimpleString(text) => Ok(text.into()),
        _ => Err(InvalidAnswer("something else than a string")),
    }
}

pub(crate) fn text(value: Value) -> Result<String, InvalidAnswer> {
    let invalid = InvalidAnswer("a string that is not UTF-8");
    match value {
        Value::BulkString(bytes) => String::from_utf8(bytes).map_err(|_| invalid),
        Value::SimpleString(text) => Ok(text),
        _ => Err(InvalidAnswer("something else than a string")),
    }
}

pub(crate) fn position(id: &str) -> Result<Position, InvalidAnswer> {
    to_position(id).ok_or(InvalidAnswer("an id that is not a position"))
}

pub(crate) fn epoch(text: &str) -> Result<Epoch, InvalidAnswer> {
    text.parse().map_err(|_| InvalidAnswer("an invalid epoch"))
}
