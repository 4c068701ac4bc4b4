//! The events of a stream that other code made: [`EventMapBody`].
//!
//! A `splitter` finds the events in the chunks of the body, wherever those are cut. The `mapper` hands each
//! to the user's closure, and passes on what that keeps as slices of the chunk. `poll` gathers the result
//! into frames.

mod action;
mod body;
mod mapper;
mod oversize;
mod poll;
mod raw_event;
mod splitter;

pub use self::{
    action::EventAction, body::EventMapBody, oversize::OversizePolicy, raw_event::RawEvent,
};
