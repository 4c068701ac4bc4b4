use std::{fmt, fs, thread, time::Duration};

use crate::{client::Client, server::Server};

/// Where bytes wait once their stream is held up.
pub(crate) struct Held {
    all: u64,
    server: u64,
    client: u64,
}

impl Held {
    /// Waits until the stream has made nothing for a while.
    pub(crate) fn wait(server: &Server, client: &Client) -> Self {
        let mut all = 0;
        while all == 0 || all != server.handed_out() {
            all = server.handed_out();
            thread::sleep(Duration::from_millis(500));
        }
        let ports = (server.address.port(), client.port());
        Self {
            all: all.saturating_sub(client.read()),
            server: queues(ports.0, ports.1).0,
            client: queues(ports.1, ports.0).1,
        }
    }
}

impl fmt::Display for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rest = self.all.saturating_sub(self.server + self.client);
        let [all, server, client, rest] =
            [self.all, self.server, self.client, rest].map(|bytes| bytes / 1024);
        write!(f, "{all} KiB | {server} KiB | {client} KiB | {rest} KiB")
    }
}

/// Returns how many bytes a socket has that are not acknowledged, and not read.
fn queues(local: u16, remote: u16) -> (u64, u64) {
    let table = fs::read_to_string("/proc/net/tcp").unwrap_or_default();
    let ends = |address: Option<&str>, port: u16| {
        address.is_some_and(|address| address.ends_with(&format!(":{port:04X}")))
    };
    let found = table.lines().find_map(|line| {
        let mut words = line.split_whitespace().skip(1);
        let is_it = ends(words.next(), local) && ends(words.next(), remote);
        is_it.then(|| words.nth(1)).flatten()
    });
    let Some((sent, received)) = found.and_then(|queues| queues.split_once(':')) else {
        return (0, 0);
    };
    let number = |hex| u64::from_str_radix(hex, 16).unwrap_or(0);
    (number(sent), number(received))
}
