use super::{
    feed::Way,
    process::PINNED,
    run::{Load, Outcome, run},
    stream,
};

const ROUNDS: usize = 3;
const CLIENTS: u64 = 1000;
const STREAMS: u64 = 20_000;
const LOADS: [Load; 3] = [load(50, 5), load(2000, 3), load(4000, 3)];

/// What each way came to, in the order of [`Way::ALL`].
type Round = Vec<f64>;

const fn load(rate: u64, seconds: u64) -> Load {
    Load {
        clients: CLIENTS,
        rate,
        total: rate * seconds,
    }
}

/// How a figure is told.
struct Figure {
    name: &'static str,
    of: fn(&Outcome) -> f64,
    decimals: usize,
    better: Better,
}

#[derive(Clone, Copy, PartialEq)]
enum Better {
    Less,
    More,
    /// It is not compared.
    None,
}

const FIGURES: [Figure; 7] = [
    Figure {
        name: "deliveries a second",
        of: |outcome| outcome.report.received as f64 / outcome.report.seconds,
        decimals: 0,
        better: Better::More,
    },
    Figure {
        name: "us of CPU for each",
        of: |outcome| each(outcome, outcome.busy[0] + outcome.busy[1]),
        decimals: 2,
        better: Better::Less,
    },
    Figure {
        name: "of which in the program",
        of: |outcome| each(outcome, outcome.busy[0]),
        decimals: 2,
        better: Better::Less,
    },
    Figure {
        name: "median latency, ms",
        of: |outcome| outcome.report.median,
        decimals: 1,
        better: Better::Less,
    },
    Figure {
        name: "99 % latency, ms",
        of: |outcome| outcome.report.p99,
        decimals: 1,
        better: Better::Less,
    },
    Figure {
        name: "lost, and the client told",
        of: |outcome| outcome.report.told as f64,
        decimals: 0,
        better: Better::None,
    },
    Figure {
        name: "lost in silence",
        of: |outcome| outcome.report.untold as f64,
        decimals: 0,
        better: Better::None,
    },
];

/// Returns how much of so many seconds each delivery has, in microseconds.
fn each(outcome: &Outcome, seconds: f64) -> f64 {
    seconds * 1e6 / outcome.report.received as f64
}

pub(crate) fn print() {
    let pinned = if *PINNED {
        "a core each"
    } else {
        "no core of their own"
    };
    eprintln!("{CLIENTS} clients, {ROUNDS} rounds, server and clients with {pinned}");
    println!(
        "| events a second | | {} | ratio |",
        Way::ALL.map(Way::label).join(" | ratio | ")
    );
    println!("|--:|---|{}", "--:|--:|".repeat(Way::ALL.len()));
    let mut idle = Vec::new();
    for load in LOADS {
        let rounds = rounds(|way| run(way, load));
        for figure in FIGURES {
            let values = values(&rounds, figure.of);
            row(&load.rate.to_string(), &figure, &values);
        }
        idle.extend(values(&rounds, |outcome| outcome.memory));
    }
    let bytes = |name| Figure {
        name,
        of: |_| f64::NAN,
        decimals: 0,
        better: Better::Less,
    };
    row("0", &bytes("bytes of memory for each client"), &idle);
    let streams = rounds(|way| match way {
        Way::Bare => f64::NAN,
        _ => stream::bytes(way, STREAMS),
    });
    row("0", &bytes("of which the stream has"), &streams);
}

/// Lets each way take its turn in each round, beginning with another.
fn rounds<T>(mut take: impl FnMut(Way) -> T) -> Vec<Vec<T>> {
    let round = |first: usize| {
        let ways = Way::ALL.len();
        let mut taken: Vec<_> = (0..ways)
            .map(|turn| (first + turn) % ways)
            .map(|at| (at, take(Way::ALL[at])))
            .collect();
        taken.sort_by_key(|(at, _)| *at);
        taken.into_iter().map(|(_, outcome)| outcome).collect()
    };
    (0..ROUNDS).map(round).collect()
}

fn values(rounds: &[Vec<Outcome>], of: impl Fn(&Outcome) -> f64) -> Vec<Round> {
    let values = |round: &Vec<Outcome>| round.iter().map(&of).collect();
    rounds.iter().map(values).collect()
}

/// Prints the median of each way, and of its ratio to the first in the same round.
fn row(rate: &str, figure: &Figure, rounds: &[Round]) {
    print!("| {rate} | {} |", figure.name);
    for at in 0..Way::ALL.len() {
        let value = sorted(rounds, |round| round[at])[rounds.len() / 2];
        if value.is_nan() {
            print!(" | |");
            continue;
        }
        let ratio = ratio(figure.better, rounds, at);
        print!(" {value:.*} | {ratio} |", figure.decimals);
    }
    println!();
}

/// Tells how many times better one way is than the first, and the least and the most of it.
fn ratio(better: Better, rounds: &[Round], at: usize) -> String {
    let ratios = match better {
        _ if at == 0 => return String::new(),
        Better::None => return String::new(),
        Better::Less => sorted(rounds, |round| round[0] / round[at]),
        Better::More => sorted(rounds, |round| round[at] / round[0]),
    };
    let [least, most] = [ratios[0], ratios[ratios.len() - 1]];
    format!("{:.2} ({least:.2}-{most:.2})", ratios[ratios.len() / 2])
}

fn sorted(rounds: &[Round], of: impl Fn(&Round) -> f64) -> Vec<f64> {
    let mut values: Vec<f64> = rounds.iter().map(of).collect();
    values.sort_by(f64::total_cmp);
    values
}
