//! What must happen, by the documentation.

mod client;
mod hub;
mod idle;
mod life;
mod removed;

pub(crate) use self::{
    client::Client,
    hub::{Hub, Position},
    life::{LifeId, Payload},
};
