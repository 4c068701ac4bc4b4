//! What an event costs beside axum's, and what the layer costs a response that is no stream.
//!
//! `cargo bench --bench cost` prints nanoseconds; `benches/run` adds instructions and allocations.

mod cases;

use std::{env, time::Instant};

use self::cases::Case;

const ROUNDS: usize = 201;

fn main() {
    let args: Vec<String> = env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match *args {
        ["list"] => list(),
        ["run", id, times] => run(id, times),
        ["--bench"] => time(),
        // As a test.
        _ => {
            cases::check();
            cases::all().iter().for_each(|case| (case.run)(1));
        }
    }
}

/// Prints each case and how often to do it.
fn list() {
    for case in cases::all() {
        println!("{} {}", case.id(), case.batch);
    }
}

/// Does one thing so many times, for a profiler.
fn run(id: &str, times: &str) {
    let case = cases::all().into_iter().find(|case| case.id() == id);
    let (Some(case), Ok(times)) = (case, times.parse()) else {
        panic!("no such case or number: {id} {times}");
    };
    (case.run)(times);
}

/// Prints the case, its median in nanoseconds, and the median of its ratio to the first of its
/// subject.
fn time() {
    cases::check();
    for cases in cases::all().chunk_by(|a, b| a.subject == b.subject) {
        let rounds: Vec<Vec<f64>> = (0..ROUNDS).map(|round| times(cases, round)).collect();
        for (at, case) in cases.iter().enumerate() {
            let nanoseconds = median(rounds.iter().map(|round| round[at]));
            let ratio = median(rounds.iter().map(|round| round[0] / round[at]));
            println!("{} {nanoseconds:.1} {ratio:.2}", case.id());
        }
    }
}

/// Times each case once, beginning with another in each round.
fn times(cases: &[Case], round: usize) -> Vec<f64> {
    let mut times = vec![0.0; cases.len()];
    for turn in 0..cases.len() {
        let at = (turn + round) % cases.len();
        let case = &cases[at];
        let start = Instant::now();
        (case.run)(case.batch);
        times[at] = start.elapsed().as_nanos() as f64 / case.batch as f64;
    }
    times
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
