use std::{fmt, thread, time::Duration};

use crate::{client::Client, server::Server};

/// How much a client reads between two moments at which the system takes more.
pub(crate) struct Steps {
    largest: u64,
    count: usize,
}

impl Steps {
    /// Watches a client that reads steadily.
    pub(crate) fn watch(server: &Server, client: &mut Client, rate: f64, time: Duration) -> Self {
        let (mut taken, mut since, mut steps) = (server.taken(), client.read(), Vec::new());
        client.read_steadily(rate, time, |read| {
            if server.taken() > taken {
                steps.push(read - since);
                (taken, since) = (server.taken(), read);
            }
            thread::sleep(Duration::from_millis(1));
        });
        // There may have been no more to read before the first.
        Self {
            largest: steps.iter().skip(1).copied().max().unwrap_or(0),
            count: steps.len(),
        }
    }
}

impl fmt::Display for Steps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} | {} KiB", self.count, self.largest / 1024)
    }
}
