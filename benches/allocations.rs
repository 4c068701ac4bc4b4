//! How often memory is allocated for an event, or moved by a reallocation.
//!
//! On its own, since the counting allocator takes time and instructions.

mod cases;

use allocation_counter::measure;

fn main() {
    cases::check();
    // Else as a test.
    if !std::env::args().any(|arg| arg == "--bench") {
        return;
    }
    for case in cases::all() {
        let count = |times| measure(|| (case.run)(times));
        let each = |once: u64, twice: u64| (twice as f64 - once as f64) / case.batch as f64;
        count(case.batch);
        // What comes before the first and after the last falls out of the difference.
        let (once, twice) = (count(case.batch), count(2 * case.batch));
        let allocations = each(once.count_total, twice.count_total);
        let bytes = each(once.bytes_total, twice.bytes_total);
        println!("{} {allocations:.2} {bytes:.0}", case.id());
    }
}
