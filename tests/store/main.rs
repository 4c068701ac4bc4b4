//! Stores, by their public interface: the one in memory, and the ones that other tests use.

#[path = "../support/clock.rs"]
mod clock;
mod contract;
mod faults;
mod memory;
#[path = "../support/random.rs"]
mod random;
#[path = "../support/stores/mod.rs"]
mod stores;
mod support;
