use std::fs;

/// What a thread has done, in the system too.
pub(crate) struct Work {
    /// Calls of the system that write.
    pub(crate) writes: u64,
    /// Time of a processor.
    pub(crate) nanoseconds: u64,
}

impl Work {
    pub(crate) fn of_this_thread() -> Self {
        let file = |name| fs::read_to_string(format!("/proc/thread-self/{name}"));
        let (io, times) = (file("io"), file("schedstat"));
        let (io, times) = (io.unwrap_or_default(), times.unwrap_or_default());
        let writes = io.lines().find_map(|line| line.strip_prefix("syscw: "));
        let number = |text: Option<&str>| text.and_then(|text| text.parse().ok()).unwrap_or(0);
        Self {
            writes: number(writes),
            nanoseconds: number(times.split(' ').next()),
        }
    }
}
