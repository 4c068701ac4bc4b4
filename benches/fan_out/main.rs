//! What one event to a thousand clients costs, beside axum with `tokio::sync::broadcast`.
//!
//! `cargo bench --bench fan_out` prints a table, after some minutes. It starts itself
//! as a server of one thread and as its clients, each on a core of its own if `taskset` is there.
//! What a server takes is read from `/proc`.

mod bare;
mod client;
mod feed;
mod histogram;
mod message;
mod process;
mod reader;
mod report;
mod run;
mod server;
mod stream;
mod table;

use std::env;

use self::{
    feed::Way,
    run::{Load, run},
};

fn main() {
    let args: Vec<String> = env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match *args {
        ["serve", way, rate, total] => {
            server::serve(way.parse().unwrap(), number(rate), number(total))
        }
        ["read", address, clients, total] => client::read(address, number(clients), number(total)),
        ["stream", way, count] => stream::hold(way.parse().unwrap(), number(count)),
        ["--bench"] => table::print(),
        // As a test.
        _ => check(),
    }
}

/// Fails unless every event arrives.
fn check() {
    let load = Load {
        clients: 20,
        rate: 200,
        total: 50,
    };
    for way in Way::ALL {
        let report = run(way, load).report;
        let expected = load.clients * load.total;
        assert_eq!(
            (report.received, report.told, report.untold),
            (expected, 0, 0),
            "{way}"
        );
        if way != Way::Bare {
            stream::bytes(way, 100);
        }
    }
}

fn number(text: &str) -> u64 {
    text.parse().unwrap()
}
