use std::{
    env,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    thread,
};

use crate::{
    case::{Case, catch_panics},
    shrink::shrink,
};

const SEEDS: u64 = 20_000;

#[test]
fn clients_miss_nothing_in_silence() {
    let (first, end) = match variable("HUB_SEED") {
        Some(seed) => (seed, seed + 1),
        None => (0, variable("HUB_SEEDS").unwrap_or(SEEDS)),
    };
    let Some(seed) = catch_panics(|| first_failing(first, end)) else {
        return;
    };
    let case = catch_panics(|| shrink(Case::draw(seed)));
    println!(
        "HUB_SEED={seed} fails after {} others:\n{case}",
        seed - first
    );
    case.run();
    unreachable!("it has failed before");
}

/// Counts the seeds that fail, for `mutants/run`.
#[test]
#[ignore = "it checks nothing"]
fn how_many_seeds_fail() {
    let end = variable("HUB_SEEDS").unwrap_or(SEEDS);
    let failing = AtomicU64::new(0);
    catch_panics(|| {
        for_each_seed(0, &AtomicU64::new(end), |seed| {
            failing.fetch_add(u64::from(Case::draw(seed).fails()), Relaxed);
        });
    });
    println!("{} of {end} seeds fail", failing.into_inner());
}

/// Returns the first seed that fails.
fn first_failing(first: u64, end: u64) -> Option<u64> {
    let failing = AtomicU64::new(end);
    for_each_seed(first, &failing, |seed| {
        if Case::draw(seed).fails() {
            failing.fetch_min(seed, Relaxed);
        }
    });
    let failing = failing.into_inner();
    (failing < end).then_some(failing)
}

/// Visits seeds on all processors until the end, which may come nearer.
fn for_each_seed(first: u64, end: &AtomicU64, visit: impl Fn(u64) + Sync) {
    let threads = thread::available_parallelism().map_or(1, |threads| threads.get() as u64);
    thread::scope(|scope| {
        for thread in 0..threads {
            let visit = &visit;
            scope.spawn(move || {
                let mut seed = first + thread;
                while seed < end.load(Relaxed) {
                    visit(seed);
                    seed += threads;
                }
            });
        }
    });
}

fn variable(name: &str) -> Option<u64> {
    let value = env::var(name).ok()?;
    Some(value.parse().expect("a number"))
}
