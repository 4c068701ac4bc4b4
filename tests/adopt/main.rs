//! Streams that somebody else made, cut anywhere and silent at the cuts: what clients read of them
//! must not change.

mod adopting;
mod beats;
mod bom;
mod buffers;
mod cuts;
mod decode;
mod decoders;
mod encoded;
mod random;
mod setting;
mod streams;

#[path = "../support/cases.rs"]
mod cases;
