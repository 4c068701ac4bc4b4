//! Markers of the two kinds of hubs: in memory, and over a store.

/// Marks a [`Hub`](super::Hub) that assigns the ids itself, so that publishing is immediate. The default.
#[derive(Debug)]
pub enum Memory {}

/// Marks a [`Hub`](super::Hub) over a store, which assigns the ids, so that publishing is `async`.
#[derive(Debug)]
pub enum Stored {}
