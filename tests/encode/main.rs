//! What the encoder writes, read by two parsers that know nothing of it, and laid beside bytes
//! written by hand.

mod call;
mod composing;
mod cut;
mod failing;
mod fields;
mod item;
#[cfg(feature = "json")]
mod json;
mod meaning;
mod names;
mod not_utf8;
mod parsers;
mod protocol;
mod sending;
mod sequences;
mod text;

#[path = "../support/cases.rs"]
mod cases;
