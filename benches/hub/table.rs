use super::{
    case::{Case, Step},
    instructions,
};

const ROUNDS: usize = 31;

/// Prints a table for each subject: nanoseconds and the ratio to the first row, each a median of the
/// rounds, and instructions.
pub(crate) fn print(cases: &[Case]) {
    for cases in cases.chunk_by(|a, b| a.subject == b.subject) {
        println!("\n### {}\n", cases[0].subject);
        println!("| | ns | ratio | instructions | ratio |");
        println!("|---|--:|--:|--:|--:|");
        let (rounds, first) = (time(cases), instructions::each(&cases[0]));
        for (at, case) in cases.iter().enumerate() {
            let [_, nanoseconds, _] = quartiles(rounds.iter().map(|round| round[at]));
            let [low, ratio, high] = quartiles(rounds.iter().map(|round| round[at] / round[0]));
            let count = instructions::each(case);
            print!("| {} | {nanoseconds:.1} ", case.way);
            print!("| {ratio:.2} ({low:.2}-{high:.2}) ");
            println!("| {count:.0} | {:.2} |", count / first);
        }
    }
}

/// Does a step of each case in each round, which begins with another one. Returns the nanoseconds of one
/// thing, by round and by case.
fn time(cases: &[Case]) -> Vec<Vec<f64>> {
    let steps = cases.iter().map(|case| (case.start)());
    let mut steps: Vec<Step> = steps.collect();
    // The first step is for the caches.
    for step in &mut steps {
        step();
    }
    let round = |round: usize| {
        let mut times = vec![0.0; cases.len()];
        for turn in 0..cases.len() {
            let at = (turn + round) % cases.len();
            let time = (steps[at])();
            times[at] = time.as_nanos() as f64 / cases[at].things as f64;
        }
        times
    };
    (0..ROUNDS).map(round).collect()
}

/// Returns the lower quartile, the median and the upper quartile.
pub(crate) fn quartiles(values: impl Iterator<Item = f64>) -> [f64; 3] {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    [1, 2, 3].map(|quarter| values[(values.len() - 1) * quarter / 4])
}
