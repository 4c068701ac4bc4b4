//! What clients make of bytes that are written down here.
//!
//! The server has no layer, so what is tested is what a client can read. That is what the crate may send: the tests
//! of the crate compare its output with the same bytes.

mod server;

mod clients;
mod rust;

mod ends;
mod ids;
mod lines;
mod no_content;
mod notices;
