//! Threads that open, poll, drop and end streams at the same time.

mod caps;
mod shutdown;
pub(crate) mod streams;
mod waits;
mod wake_ups;
