//! The handles of a hub over a store, whose calls are `async`.

mod channel;
mod hub;
mod keyed;
mod subscriber;
mod subscribers;
