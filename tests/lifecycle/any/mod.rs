//! Anything may happen in any order: what is told of streams is what a model, written by hand
//! from the documentation, says.

mod answer;
mod answered;
mod cases;
mod client;
pub(crate) mod clock;
mod decode;
mod finals;
mod gate;
mod generate;
mod handler;
mod inner;
mod layers;
mod limits;
mod model;
mod opts;
mod order;
mod place;
mod property;
mod registry;
mod request;
mod room;
mod running;
mod setting;
mod shutdowns;
mod stream;
mod test;
mod told;
mod waiting;
mod waking;
mod world;
