use std::{
    env,
    panic::{self, AssertUnwindSafe},
    rc::Rc,
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    thread,
};

use super::{history, world::World};

/// The number of seeds of one run. `tests/all` runs 20,000, optimized.
const SEEDS: u64 = 100;

#[test]
fn clients_of_several_hubs_miss_nothing_in_silence() {
    let (first, end) = match variable("NODES_SEED") {
        Some(seed) => (seed, seed + 1),
        None => (0, variable("NODES_SEEDS").unwrap_or(SEEDS)),
    };
    let failures = catch_panics(|| failures(first, end, 1));
    let Some((seed, message)) = failures.into_iter().next() else {
        return;
    };
    let (history, again) = catch_panics(|| history(seed));
    println!("{history}\n{again:?}");
    panic!("NODES_SEED={seed} fails: {message}");
}

/// Counts the seeds that fail, and prints the first message of each kind.
#[test]
#[ignore = "it checks nothing"]
fn how_many_seeds_fail() {
    let end = variable("NODES_SEEDS").unwrap_or(SEEDS);
    let failures = catch_panics(|| failures(0, end, usize::MAX));
    for (seed, message) in failures.iter().take(40) {
        println!("{seed}: {message}");
    }
    println!("{} of {end} seeds fail", failures.len());
}

#[test]
fn a_seed_makes_the_same_history_each_time() {
    for seed in 0..8 {
        let histories = [history(seed).0, history(seed).0];
        for (line, again) in histories[0].lines().zip(histories[1].lines()) {
            assert_eq!(line, again, "seed {seed}");
        }
    }
}

/// Returns the first seeds that fail.
fn failures(first: u64, end: u64, most: usize) -> Vec<(u64, String)> {
    let (next, failures) = (AtomicU64::new(first), Mutex::new(Vec::new()));
    let threads = thread::available_parallelism().map_or(1, |threads| threads.get());
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Relaxed);
                    if seed >= end || failures.lock().unwrap().len() >= most {
                        return;
                    }
                    if let Some(message) = run(seed, false, |_| {}) {
                        failures.lock().unwrap().push((seed, message));
                    }
                }
            });
        }
    });
    let mut failures = failures.into_inner().unwrap();
    failures.sort();
    failures
}

/// Returns what happens with a seed, and the message of its failure.
fn history(seed: u64) -> (String, Option<String>) {
    let mut world = None::<Rc<World>>;
    let message = run(seed, true, |of| world = Some(of));
    let notes = world.map(|world| world.notes());
    (notes.unwrap_or_default(), message)
}

/// Runs a seed. Returns the message of its failure.
fn run(seed: u64, is_noting: bool, give: impl FnOnce(Rc<World>)) -> Option<String> {
    let run = AssertUnwindSafe(|| {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        let tasks = tokio::task::LocalSet::new();
        tasks.block_on(&runtime, history::run(seed, is_noting, give));
    });
    let error = panic::catch_unwind(run).err()?;
    let text = error.downcast_ref::<String>().cloned();
    let text = text.or_else(|| Some((*error.downcast_ref::<&str>()?).to_owned()));
    Some(text.unwrap_or_default())
}

/// Prints no message of a panic meanwhile.
fn catch_panics<R>(work: impl FnOnce() -> R) -> R {
    let is_traced = env::var_os("NODES_TRACE").is_some();
    if is_traced {
        return work();
    }
    let hook = panic::take_hook();
    if env::var_os("NODES_TRACE").is_none() {
        panic::set_hook(Box::new(|_| {}));
    }
    let done = work();
    panic::set_hook(hook);
    done
}

fn variable(name: &str) -> Option<u64> {
    let value = env::var(name).ok()?;
    Some(value.parse().expect("a number"))
}
