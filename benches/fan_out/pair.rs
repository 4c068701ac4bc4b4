//! A server and its clients.

use super::{feed::Way, process::Process, report::Report};

/// Which threads run on which cores.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Threads {
    /// The server has one, on a core of its own, and its clients have the other core.
    One,
    /// The server has one for each core, and its clients use the same cores.
    Two,
}

/// What a server has to do.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    /// How many events are published in a second.
    pub(crate) rate: u64,
    pub(crate) events: u64,
}

/// What came of it.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) report: Report,
    /// How long the server was at work, in seconds.
    pub(crate) busy: f64,
}

pub(crate) struct Pair {
    // First, so that it ends before its server does.
    clients: Process,
    server: Process,
    /// How many events have been published.
    published: u64,
    /// How much memory the server has for each idle client, in bytes.
    pub(crate) memory: f64,
}

impl Pair {
    /// Starts a server and so many clients of it.
    pub(crate) fn start(way: Way, threads: Threads, clients: u64) -> Self {
        let (cores, count) = match threads {
            Threads::One => (["0", "1"], "1"),
            Threads::Two => (["0,1"; 2], "2"),
        };
        let server = Process::start(cores[0], &["serve", &way.to_string(), count]);
        Self::connect(server, cores[1], clients)
    }

    /// Starts a server under a tool, and so many clients of it.
    pub(crate) fn start_under(tool: &[&str], way: Way, clients: u64) -> Self {
        let server = Process::start_under(tool, &["serve", &way.to_string(), "1"]);
        Self::connect(server, "0,1", clients)
    }

    fn connect(mut server: Process, cores: &str, count: u64) -> Self {
        let address = server.line();
        let empty = server.memory();
        let mut clients = Process::start(cores, &["read", &address, &count.to_string()]);
        assert_eq!(clients.line(), "connected");
        let memory = (server.memory() - empty) / count as f64;
        Self {
            clients,
            server,
            published: 0,
            memory,
        }
    }

    /// Has the server publish, and waits until each client has the last event.
    pub(crate) fn take(&mut self, load: Load) -> Outcome {
        self.published += load.events;
        self.clients.send(&self.published.to_string());
        let before = self.server.seconds();
        self.server.send(&format!("{} {}", load.rate, load.events));
        let mut report: Report = self.clients.line().parse().unwrap();
        // The last event has its time until the next, too.
        report.seconds += 1.0 / load.rate as f64;
        let busy = self.server.seconds() - before;
        Outcome { report, busy }
    }
}
