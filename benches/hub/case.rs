use std::time::{Duration, Instant};

/// Something to measure.
pub(crate) struct Case {
    /// What is done. Cases of one subject are compared with each other.
    pub(crate) subject: &'static str,
    /// What does it.
    pub(crate) way: String,
    /// How many times a step does it.
    pub(crate) things: usize,
    /// Makes what the steps work with.
    pub(crate) start: Box<dyn Fn() -> Step>,
    /// Whether the start takes seconds.
    pub(crate) is_huge: bool,
}

/// Does one step. Returns the time of that part of it which is measured.
pub(crate) type Step = Box<dyn FnMut() -> Duration>;

impl Case {
    pub(crate) fn new<S: FnMut() -> Duration + 'static>(
        subject: &'static str,
        way: impl Into<String>,
        things: usize,
        start: impl Fn() -> S + 'static,
    ) -> Self {
        Self {
            subject,
            way: way.into(),
            things,
            start: Box::new(move || Box::new(start())),
            is_huge: false,
        }
    }

    pub(crate) fn id(&self) -> String {
        format!("{}/{}", self.subject, self.way).replace(' ', "-")
    }
}

/// Does what is measured, and returns its time.
pub(crate) fn measure(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    measured(work);
    start.elapsed()
}

/// Callgrind counts the instructions of this function alone, for each thread, so it must not become part of
/// another.
#[inline(never)]
pub(crate) fn measured(work: impl FnOnce()) {
    work();
}
