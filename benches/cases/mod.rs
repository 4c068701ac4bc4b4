//! The cases that are measured, each a function that does one thing so many times.

mod drain;
mod encode;
mod frames;
mod mapped;
mod pass;
pub(crate) mod payload;

/// Something to measure.
#[derive(Clone, Copy)]
pub(crate) struct Case {
    /// What is sent. Cases of one subject are compared with each other.
    pub(crate) subject: &'static str,
    /// What does the work.
    pub(crate) way: &'static str,
    /// How often it is done between two looks at the clock.
    pub(crate) batch: usize,
    /// Does it so many times.
    pub(crate) run: fn(usize),
}

impl Case {
    pub(crate) fn id(&self) -> String {
        format!("{}/{}", self.subject, self.way)
    }
}

/// Returns all cases, those of one subject in a row with the one to compare with at its head.
pub(crate) fn all() -> Vec<Case> {
    let all = encode::cases().into_iter().chain(pass::cases());
    all.chain(frames::cases()).chain(mapped::cases()).collect()
}

/// Fails unless every way to send something sends the same bytes.
pub(crate) fn check() {
    encode::check();
}
