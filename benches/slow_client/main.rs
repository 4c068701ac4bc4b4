//! What waits on its way to a client that reads slowly or not at all, and what it costs to bound it.
//!
//! `cargo bench --bench slow_client --features socket` prints the tables. Server and client are
//! threads of this process. They meet over the loopback interface or, in longer runs, by the address
//! that follows a `--`, behind which something may delay what passes. The figures that the system
//! reports are Linux's; elsewhere they are 0.

mod client;
mod counted;
mod events;
mod fast;
mod queue;
mod server;
mod steps;
mod work;

use std::{env, net::Ipv4Addr, thread, time::Duration};

use tower_sse::TcpOptions;

use self::{client::Client, events::Events, queue::Held, server::Server, steps::Steps};

const MEGABYTE: f64 = 1e6;

/// How much is done.
struct Plan {
    host: Ipv4Addr,
    rounds: usize,
    fast: Duration,
    slow: Duration,
}

fn main() {
    let args: Vec<String> = env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let host = args.first().and_then(|first| first.parse().ok());
    let (host, rounds, fast, slow) = match (&*args, host) {
        (["--bench"], _) => (Ipv4Addr::LOCALHOST, 21, 250, 10_000),
        ([_, "--bench"], Some(host)) => (host, 5, 5_000, 10_000),
        // As a test.
        _ => (Ipv4Addr::LOCALHOST, 1, 10, 200),
    };
    let plan = Plan {
        host,
        rounds,
        fast: Duration::from_millis(fast),
        slow: Duration::from_millis(slow),
    };
    for events in [Events::Ready, Events::OneByOne] {
        plan.held("never reads", events, Duration::ZERO);
        plan.held("reads 10 MB/s, then stops", events, plan.slow / 5);
        plan.slow(events);
    }
    plan.steps("reads 400 KB/s", Duration::ZERO);
    plan.steps("reads fast, then 400 KB/s", plan.slow / 10);
    fast::compare(&plan);
}

/// Names what is compared, first the one to compare with.
fn settings() -> Vec<(String, TcpOptions)> {
    let none = TcpOptions::empty().nodelay(true);
    let buffers = [64, 256].map(|kib| {
        let name = format!("`send_buffer_size` {kib} KiB");
        (name, none.send_buffer_size(kib * 1024))
    });
    let unsent = [16, 64, 128, 256, 512].map(|kib| {
        let name = format!("`notsent_lowat` {kib} KiB");
        (name, none.notsent_lowat(kib * 1024))
    });
    let none = [("none".to_owned(), none)];
    none.into_iter().chain(buffers).chain(unsent).collect()
}

impl Plan {
    /// Prints where the bytes wait that a stream has handed out when it is held up.
    fn held(&self, client: &str, events: Events, reads: Duration) {
        println!(
            "| {client}, {events} | handed out | server's system | client's system | the rest |"
        );
        println!("|---|--:|--:|--:|--:|");
        self.at_once(events, |server, client| {
            if !reads.is_zero() {
                client.read_at(10.0 * MEGABYTE, reads, server);
            }
            Held::wait(server, client)
        });
    }

    /// Prints how far a client that reads slowly lags behind.
    fn slow(&self, events: Events) {
        println!("| reads 1 MB/s, {events} | ahead of a new event | its age |");
        println!("|---|--:|--:|");
        self.at_once(events, |server, client| {
            client.read_at(MEGABYTE, self.slow, server)
        });
    }

    /// Prints in what steps the system takes more for a client that reads steadily.
    fn steps(&self, client: &str, fast: Duration) {
        println!("| {client} | steps | largest |");
        println!("|---|--:|--:|");
        self.at_once(Events::Ready, |server, client| {
            client.read_fast(fast);
            Steps::watch(server, client, 0.4 * MEGABYTE, 2 * self.slow)
        });
    }

    /// Prints a line for each setting, which have their clients at the same time.
    fn at_once<R, F>(&self, events: Events, run: F)
    where
        R: ToString + Send,
        F: Fn(&Server, &mut Client) -> R + Sync,
    {
        let run = |options| {
            let server = Server::start(self.host, options, events);
            run(&server, &mut Client::connect(server.address))
        };
        thread::scope(|scope| {
            let started: Vec<_> = settings()
                .into_iter()
                .map(|(name, options)| (name, scope.spawn(move || run(options))))
                .collect();
            for (name, thread) in started {
                println!("| {name} | {} |", thread.join().unwrap().to_string());
            }
        });
        println!();
    }
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
