//! Events as plain values, which cannot be malformed.

mod data;
mod error;
#[expect(clippy::module_inception, reason = "it holds `Event`")]
mod event;
mod id;
mod into;
mod name;
mod text;

pub use self::{
    data::EventData,
    error::{InvalidEventId, InvalidEventName},
    event::Event,
    id::EventId,
    into::{IntoEventId, IntoEventName},
    name::EventName,
};
