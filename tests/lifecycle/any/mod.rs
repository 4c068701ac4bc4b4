//! Anything may happen in any order: what is told of streams is what a model, written by hand
//! from the documentation, says.

mod answer;
mod client;
pub(crate) mod clock;
mod decode;
mod finals;
mod generate;
mod handler;
mod inner;
mod layers;
mod model;
mod opts;
#[expect(dead_code, reason = "nothing ends streams from outside yet")]
mod order;
mod place;
mod property;
mod refused;
mod setting;
mod stream;
mod test;
mod told;
mod waiting;
mod waking;
mod world;
