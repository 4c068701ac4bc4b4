use tower_sse::TcpOptions;

use crate::{Plan, client::Client, events::Events, median, server::Server, settings};

/// What one client got, and what that took.
struct Run {
    megabytes_a_second: f64,
    writes_a_megabyte: f64,
    /// Of the server's thread, in the system too.
    nanoseconds_a_kilobyte: f64,
}

/// Prints what clients get that read as fast as they can, one after the other.
pub(crate) fn compare(plan: &Plan) {
    let settings = settings();
    let rounds: Vec<Vec<Run>> = (0..plan.rounds)
        .map(|at| round(plan, &settings, at))
        .collect();
    println!("| reads fast | MB/s | ratio | writes a MB | CPU ns a KB | ratio |");
    println!("|---|--:|--:|--:|--:|--:|");
    for (at, (name, _)) in settings.iter().enumerate() {
        let value = |of: fn(&Run) -> f64| median(rounds.iter().map(|round| of(&round[at])));
        let ratio = |of: fn(&Run) -> f64| {
            let ratios = rounds.iter().map(|round| of(&round[at]) / of(&round[0]));
            median(ratios)
        };
        println!(
            "| {name} | {:.1} | {:.2} | {:.1} | {:.0} | {:.2} |",
            value(|run| run.megabytes_a_second),
            ratio(|run| run.megabytes_a_second),
            value(|run| run.writes_a_megabyte),
            value(|run| run.nanoseconds_a_kilobyte),
            ratio(|run| run.nanoseconds_a_kilobyte),
        );
    }
}

/// Runs each setting once, beginning with another in each round.
fn round(plan: &Plan, settings: &[(String, TcpOptions)], round: usize) -> Vec<Run> {
    let length = settings.len();
    let first = round % length;
    let mut runs: Vec<Run> = (0..length)
        .map(|turn| run(plan, settings[(first + turn) % length].1))
        .collect();
    runs.rotate_right(first);
    runs
}

fn run(plan: &Plan, options: TcpOptions) -> Run {
    let server = Server::start(plan.host, options, Events::Ready);
    let mut client = Client::connect(server.address);
    client.read_fast(plan.fast);
    let megabytes = client.read() as f64 / 1e6;
    drop(client);
    let work = server.join();
    Run {
        megabytes_a_second: megabytes / plan.fast.as_secs_f64(),
        writes_a_megabyte: work.writes as f64 / megabytes,
        nanoseconds_a_kilobyte: work.nanoseconds as f64 / megabytes / 1e3,
    }
}
