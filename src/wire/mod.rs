//! The wire format of events (WHATWG HTML 9.2): writing it, and reading what other code has written.
//!
//! An [`Encoder`] writes the fields of events into frames (`frame_buffer`). [`EncodeEvent`] is what it can
//! write, [`EncodedEvent`] what it has written once for many streams. A `Boundary` and a `BomFilter` read
//! the bytes of other bodies.

mod bom;
mod boundary;
#[cfg(feature = "channel")]
mod channel_id;
mod encode_event;
mod encoded_event;
mod encoder;
mod frame;
mod frame_buffer;
#[cfg(feature = "json")]
mod json;
mod lines;
#[cfg(feature = "json")]
mod separators;
#[cfg(feature = "json")]
mod tagged;

pub(crate) use self::{
    bom::BomFilter,
    boundary::Boundary,
    encoder::Mark,
    frame::{FRAME_SIZE, MAX_EMPTY_ITEMS, into_bytes},
    lines::Lines,
};
pub use self::{encode_event::EncodeEvent, encoded_event::EncodedEvent, encoder::Encoder};
#[cfg(feature = "json")]
pub use self::{
    json::Json,
    tagged::{Tagged, TaggedError},
};
