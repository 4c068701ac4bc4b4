//! Anything may happen in any order: what is told of streams is what a model, written by hand
//! from the documentation, says.

mod answer;
pub(crate) mod clock;
mod decode;
mod handler;
mod inner;
mod layers;
mod model;
mod place;
mod property;
mod setting;
mod stream;
mod test;
mod told;
mod waiting;
mod waking;
mod world;
