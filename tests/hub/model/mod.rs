//! What must happen, by the documentation.

mod checking;
mod checking_keys;
mod client;
mod hide;
mod hub;
mod idle;
mod keyed;
mod keys;
mod life;
mod opening;
mod removed;
mod start;

pub(crate) use self::{
    client::Client,
    hide::{Hide, hides, hides_key},
    hub::Hub,
    keys::Key,
    life::{LifeId, Payload},
    start::{Asked, Origin, Point, Position},
};
