use super::{feed::Way, process::Process, report::Report};

/// The cores of the server and of its clients.
const SERVER: u8 = 0;
const CLIENTS: u8 = 1;

/// What a server has to do.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    pub(crate) clients: u64,
    /// How many events are published in a second.
    pub(crate) rate: u64,
    /// How many are published in all.
    pub(crate) total: u64,
}

/// What came of it.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) report: Report,
    /// How long the server was at work, in seconds: in the program, and in the system for it.
    pub(crate) busy: [f64; 2],
    /// How much memory the server has for each idle client, in bytes.
    pub(crate) memory: f64,
}

/// Starts a server and its clients, and has the server publish.
pub(crate) fn run(way: Way, load: Load) -> Outcome {
    let [clients, rate, total] = [load.clients, load.rate, load.total].map(|n| n.to_string());
    let mut server = Process::start(SERVER, &["serve", &way.to_string(), &rate, &total]);
    let address = server.line();
    let empty = server.memory();

    let mut client = Process::start(CLIENTS, &["read", &address, &clients, &total]);
    assert_eq!(client.line(), "connected");
    let (memory, before) = (server.memory(), server.seconds());
    server.go();
    let report = client.line().parse().unwrap();
    let after = server.seconds();
    Outcome {
        report,
        busy: [0, 1].map(|at| after[at] - before[at]),
        memory: (memory - empty) / load.clients as f64,
    }
}
