//! Channels, by their public interface.

mod changing;
mod closing;
mod departing;
mod hub;
mod lagging;
mod polling;
mod publishing;
mod resuming;
mod several;
mod state;
mod subscribers;
mod support;
