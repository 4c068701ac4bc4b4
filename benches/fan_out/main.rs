//! What one event to a thousand clients costs, beside axum with `tokio::sync::broadcast`.
//!
//! `cargo bench --bench fan_out` prints tables, after some minutes. It starts itself as the servers
//! of all ways and as their clients, on cores of their own if `taskset` is there; the servers take
//! turns of some seconds, so that what else the machine does meets all of them. What a server takes
//! is read from `/proc`, and from callgrind if valgrind is there.

mod bare;
mod client;
mod feed;
mod histogram;
mod instructions;
mod message;
mod pair;
mod process;
mod reader;
mod report;
mod server;
mod stream;
mod table;

use std::env;

use self::{
    feed::Way,
    pair::{Load, Pair, Threads},
};

fn main() {
    let args: Vec<String> = env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match *args {
        ["serve", way, threads] => server::serve(way.parse().unwrap(), threads.parse().unwrap()),
        ["read", address, clients] => client::read(address, clients.parse().unwrap()),
        ["stream", way, count] => stream::hold(way.parse().unwrap(), count.parse().unwrap()),
        ["--bench"] => table::print(),
        // As a test.
        _ => check(),
    }
}

/// Fails unless every event arrives.
fn check() {
    const CLIENTS: u64 = 20;
    let load = Load {
        rate: 200,
        events: 25,
    };
    for (way, threads) in Way::ALL
        .into_iter()
        .zip([Threads::One, Threads::Two].into_iter().cycle())
    {
        let mut pair = Pair::start(way, threads, CLIENTS);
        for _turn in 0..2 {
            let report = pair.take(load).report;
            assert_eq!(
                (report.received, report.reported, report.unreported),
                (CLIENTS * load.events, 0, 0),
                "{way}"
            );
        }
        stream::bytes(way, 100);
    }
}
