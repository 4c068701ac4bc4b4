//! Channels, limits, shutdowns and wake-ups in every order in which threads can run, by loom.
//!
//! These are unit tests of the crate, in which `crate::sync` is loom's. Loom reports a deadlock where
//! a task waits for a wake-up that never comes. They run by `tests/loom/cargo test loom_tests::`.

#![expect(
    clippy::unwrap_used,
    reason = "clippy knows tests by `cfg(test)`, not by `cfg(all(test, loom))`"
)]

mod channel;
mod lifecycle;
pub(crate) mod sync;

/// Runs a test in every order of its threads' steps with at most this many preemptions (changes to
/// another thread while the running one could continue).
fn in_every_order(most: usize, test: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(most);
    builder.check(test);
}
