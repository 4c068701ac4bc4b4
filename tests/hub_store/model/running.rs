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

use tower_sse::store::Epoch;

use super::{history, world::World};
use crate::ModelStore;

/// Makes the store of a seed, which begins with this epoch.
pub(crate) type Make<'a> = &'a (dyn Fn(u64, Epoch) -> ModelStore + Sync);

/// The seeds of one run, and the variables that ask for others.
pub(crate) struct Seeds {
    pub(crate) count: u64,
    /// The variable of the number of seeds.
    pub(crate) count_variable: &'static str,
    /// The variable of one seed, whose history is printed if it fails.
    pub(crate) seed_variable: &'static str,
}

impl Seeds {
    /// Runs the seeds. Fails with the history of one of those that fail.
    pub(crate) fn check(&self, make: Make<'_>) {
        let (first, end) = match variable(self.seed_variable) {
            Some(seed) => (seed, seed + 1),
            None => (0, self.end()),
        };
        let failures = catch_panics(|| failures(first, end, 1, make));
        let Some((seed, message)) = failures.into_iter().next() else {
            return;
        };
        let (history, again) = catch_panics(|| history(seed, make));
        println!("{history}\n{again:?}");
        panic!("{}={seed} fails: {message}", self.seed_variable);
    }

    /// Counts the seeds that fail, and prints the first messages.
    pub(crate) fn count(&self, make: Make<'_>) {
        let failures = catch_panics(|| failures(0, self.end(), usize::MAX, make));
        for (seed, message) in failures.iter().take(40) {
            println!("{seed}: {message}");
        }
        println!("{} of {} seeds fail", failures.len(), self.end());
    }

    fn end(&self) -> u64 {
        variable(self.count_variable).unwrap_or(self.count)
    }
}

/// Returns the first seeds that fail.
fn failures(first: u64, end: u64, most: usize, make: Make<'_>) -> Vec<(u64, String)> {
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
                    if let Some(message) = run(seed, false, make, |_| {}) {
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
pub(crate) fn history(seed: u64, make: Make<'_>) -> (String, Option<String>) {
    let mut world = None::<Rc<World>>;
    let message = run(seed, true, make, |of| world = Some(of));
    let notes = world.map(|world| world.notes());
    (notes.unwrap_or_default(), message)
}

/// Runs a seed. Returns the message of its failure.
fn run(seed: u64, is_noting: bool, make: Make<'_>, give: impl FnOnce(Rc<World>)) -> Option<String> {
    let run = AssertUnwindSafe(|| {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        let tasks = tokio::task::LocalSet::new();
        tasks.block_on(&runtime, history::run(seed, is_noting, make, give));
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
    panic::set_hook(Box::new(|_| {}));
    let done = work();
    panic::set_hook(hook);
    done
}

fn variable(name: &str) -> Option<u64> {
    let value = env::var(name).ok()?;
    Some(value.parse().expect("a number"))
}
