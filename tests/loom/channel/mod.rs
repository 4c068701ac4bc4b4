//! Channels, by their public interface.

mod closing;
mod departing;
mod lagging;
mod occupied;
mod publishing;
mod resuming;
mod state;
mod support;
mod topics;
