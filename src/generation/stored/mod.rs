//! Generations over a hub with a store: each runs on one node, and clients attach to it on any.
//!
//! - An `index`, a keyed channel of the hub, has all of them, as long as they run or can be attached to.
//! - Each has a channel of its own, with its events and `markers` between them. Its presence has the node that
//!   drives it, and the nodes with listeners.

mod driving;
mod ending;
mod generation;
mod generations;
mod index;
mod listening;
mod marker;
mod node;
mod owner;

pub use self::{generation::StoredGeneration, generations::StoredGenerations};
