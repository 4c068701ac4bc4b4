//! Stores, by their public interface: the one in memory, the ones that other tests use, and the one of the example
//! `resume`.

#[path = "../support/clock.rs"]
mod clock;
mod contract;
mod contracts;
mod database;
mod faults;
mod memory;
#[path = "../support/random.rs"]
mod random;
#[path = "../../examples/resume/store/mod.rs"]
mod sqlite;
mod sqlite_store;
#[path = "../support/stores/mod.rs"]
mod stores;
mod support;
