//! How many instructions of the program a delivery takes, by callgrind: a figure that no noise of the
//! machine changes. What the system does for it is not among them.

use std::{env, fs, process, sync::LazyLock};

use super::{
    feed::Way,
    pair::{Load, Pair},
    process::works,
};

const CLIENTS: u64 = 200;

/// What one turn has, and by how many turns a second run has more.
const LOAD: Load = Load {
    rate: 20,
    events: 25,
};
const MORE: u64 = 4;

/// Returns how many each delivery takes. It is not a number where no valgrind is.
pub(crate) fn each(way: Way) -> f64 {
    static VALGRIND: LazyLock<bool> = LazyLock::new(|| works("valgrind", &["--version"]));
    if !*VALGRIND {
        return f64::NAN;
    }
    // What comes before the first event and after the last falls out.
    let more = of(way, 1 + MORE) - of(way, 1);
    more / (MORE * LOAD.events * CLIENTS) as f64
}

/// Returns how many a server takes for so many turns, from its start to its end.
fn of(way: Way, turns: u64) -> f64 {
    let log = env::temp_dir().join(format!("fan_out.{}", process::id()));
    let log_file = format!("--log-file={}", log.display());
    let callgrind = [
        "valgrind",
        "--tool=callgrind",
        "--callgrind-out-file=/dev/null",
        &log_file,
    ];
    let mut pair = Pair::start_under(&callgrind, way, CLIENTS);
    (0..turns).for_each(|_| drop(pair.take(LOAD)));
    drop(pair);
    let said = fs::read_to_string(&log).unwrap();
    fs::remove_file(log).unwrap();
    let collected = said.lines().find_map(|line| line.split_once("Collected :"));
    collected.unwrap().1.trim().parse().unwrap()
}
