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

/// Returns the first seed that fails.
fn first_failing(first: u64, end: u64) -> Option<u64> {
    let failing = AtomicU64::new(end);
    let threads = thread::available_parallelism().map_or(1, |threads| threads.get() as u64);
    thread::scope(|scope| {
        for thread in 0..threads {
            let failing = &failing;
            scope.spawn(move || {
                let mut seed = first + thread;
                while seed < failing.load(Relaxed) {
                    if Case::draw(seed).fails() {
                        failing.fetch_min(seed, Relaxed);
                    }
                    seed += threads;
                }
            });
        }
    });
    let failing = failing.into_inner();
    (failing < end).then_some(failing)
}

fn variable(name: &str) -> Option<u64> {
    let value = env::var(name).ok()?;
    Some(value.parse().expect("a number"))
}
