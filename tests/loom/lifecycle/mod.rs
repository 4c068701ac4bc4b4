//! Shutdowns, limits, orders to end, and wake-ups between a source and its body.

mod caps;
mod ends;
mod evictions;
mod pendings;
mod requests;
mod revocations;
mod threads;
mod waits;
