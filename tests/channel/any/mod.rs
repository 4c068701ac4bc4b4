//! Any program of what publishers and subscribers can do, against a plain model of it.

pub(crate) mod clock;
mod feed;
mod frames;
mod log;
mod model;
mod payload;
mod property;
mod reader;
mod setting;
mod test;
mod world;
