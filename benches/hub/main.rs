//! What channels cost, alone and in a hub: to deliver, to wait, to publish, to subscribe, to look up.
//!
//! `cargo bench --bench hub` prints tables. All ways of one table take turns, so that what else the
//! machine does meets all of them. Instructions are counted if valgrind is there. What channels and
//! subscribers take of memory is in `open_streams`.

mod case;
mod delivery;
mod feed;
mod instructions;
mod lookup;
mod publishing;
mod reader;
mod subscribing;
mod table;

use std::env;

use self::case::Case;

fn main() {
    let args: Vec<String> = env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match *args {
        ["list"] => cases().iter().for_each(|case| println!("{}", case.id())),
        ["run", id, steps] => run(id, steps.parse().unwrap()),
        ["--bench"] => table::print(&cases()),
        // As a test.
        _ => check(),
    }
}

/// Returns all cases, those of one subject in a row with the one to compare with at its head.
fn cases() -> Vec<Case> {
    let delivery = delivery::cases().into_iter();
    let all = delivery.chain(publishing::cases());
    all.chain(subscribing::cases())
        .chain(lookup::cases())
        .collect()
}

/// Does the steps of one case, for a profiler. Prints the median of their nanoseconds.
fn run(id: &str, steps: usize) {
    let case = cases().into_iter().find(|case| case.id() == id).unwrap();
    let mut step = (case.start)();
    let times = (0..steps).map(|_| step().as_nanos() as f64 / case.things as f64);
    println!("{:.2}", table::quartiles(times)[1]);
}

/// Does each case twice, and fails unless every event arrives.
fn check() {
    for case in cases().into_iter().filter(|case| !case.is_huge) {
        let mut step = (case.start)();
        for _twice in 0..2 {
            step();
        }
    }
}
