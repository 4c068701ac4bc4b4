//! What must happen, by the documentation.

mod client;
mod hide;
mod hub;
mod idle;
mod life;
mod removed;
mod start;

pub(crate) use self::{
    client::Client,
    hide::{Hide, hides},
    hub::Hub,
    life::{LifeId, Payload},
    start::{Asked, Origin, Point, Position},
};
