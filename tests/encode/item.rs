//! Whatever a stream may yield.

use std::{borrow::Cow, sync::Arc};

use bytes::Bytes;
use proptest::prelude::*;
use tower_sse::{EncodeEvent, EncodedEvent};

use crate::{
    call::{Call, Calls, calls},
    fields::{Fields, fields},
    text::text,
};

#[derive(Clone, Debug)]
pub(crate) enum Item {
    Event(Fields),
    Shared(Fields),
    Encoded(Fields),
    EncodedCalls(Vec<Call>),
    Calls(Vec<Call>),
    String(String),
    Cow(String),
    Bytes(String),
}

impl Item {
    /// Returns the item as a stream yields it.
    pub(crate) fn encode(&self) -> Box<dyn EncodeEvent + '_> {
        match self {
            Self::Event(fields) => Box::new(fields.event()),
            Self::Shared(fields) => Box::new(Arc::new(fields.event())),
            Self::Encoded(fields) => Box::new(EncodedEvent::from(fields.event())),
            Self::EncodedCalls(calls) => Box::new(EncodedEvent::new(&Calls(calls)).unwrap()),
            Self::Calls(calls) => Box::new(Calls(calls)),
            Self::String(text) => Box::new(text.clone()),
            Self::Cow(text) => Box::new(Cow::Borrowed(text.as_str())),
            Self::Bytes(text) => Box::new(Bytes::from(text.clone())),
        }
    }

    /// Returns what it means.
    pub(crate) fn calls(&self) -> Vec<Call> {
        match self {
            Self::Event(fields) | Self::Shared(fields) | Self::Encoded(fields) => fields.calls(),
            Self::EncodedCalls(calls) | Self::Calls(calls) => calls.clone(),
            Self::String(text) | Self::Cow(text) | Self::Bytes(text) => {
                vec![Call::Data(text.clone())]
            }
        }
    }
}

pub(crate) fn item() -> impl Strategy<Value = Item> {
    prop_oneof![
        fields().prop_map(Item::Event),
        fields().prop_map(Item::Shared),
        fields().prop_map(Item::Encoded),
        calls().prop_map(Item::EncodedCalls),
        calls().prop_map(Item::Calls),
        text().prop_map(Item::String),
        text().prop_map(Item::Cow),
        text().prop_map(Item::Bytes),
    ]
}
