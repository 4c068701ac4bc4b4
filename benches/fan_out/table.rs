use super::{
    feed::Way,
    instructions,
    pair::{Load, Outcome, Pair, Threads},
    process::PINNED,
    stream,
};

const CLIENTS: u64 = 1000;
const STREAMS: u64 = 20_000;

/// What is asked of each way.
struct Task {
    name: &'static str,
    threads: Threads,
    load: Load,
    rounds: usize,
}

const TASKS: [Task; 4] = [
    Task {
        name: "50 events a second, the server on one thread",
        threads: Threads::One,
        load: load(50, 1),
        rounds: 25,
    },
    Task {
        name: "50 events a second, the server on two threads",
        threads: Threads::Two,
        load: load(50, 1),
        rounds: 25,
    },
    Task {
        name: "2,000 events a second, the server on one thread",
        threads: Threads::One,
        load: load(2000, 2),
        rounds: 5,
    },
    Task {
        name: "4,000 events a second, the server on one thread",
        threads: Threads::One,
        load: load(4000, 2),
        rounds: 5,
    },
];

const fn load(rate: u64, seconds: u64) -> Load {
    Load {
        rate,
        events: rate * seconds,
    }
}

/// A column of a table: what each round has for each way, in the order of [`Way::ALL`].
struct Column {
    name: &'static str,
    rounds: Vec<Vec<f64>>,
    decimals: usize,
    /// Whether it is compared with the first way: less is better.
    compared: bool,
}

pub(crate) fn print() {
    if !*PINNED {
        eprintln!("there is no taskset: servers and clients have no cores of their own");
    }
    let mut memory = Vec::new();
    for task in TASKS {
        let mut pairs = Way::ALL.map(|way| Pair::start(way, task.threads, CLIENTS));
        if task.threads == Threads::One {
            memory.push(pairs.each_ref().map(|pair| pair.memory).to_vec());
        }
        // One for nothing, to warm up.
        let rounds = rounds(1 + task.rounds, |at| pairs[at].take(task.load));
        println!("### {}\n", task.name);
        table(&columns(&rounds[1..]));
    }
    println!("### For each\n");
    let once = |take: fn(Way) -> f64| vec![Way::ALL.map(take).to_vec()];
    table(&[
        Column {
            name: "instructions in the program, a delivery",
            rounds: once(instructions::each),
            decimals: 0,
            compared: true,
        },
        Column {
            name: "bytes of memory, an idle client",
            rounds: memory,
            decimals: 0,
            compared: true,
        },
        Column {
            name: "of which the stream has",
            rounds: once(|way| stream::bytes(way, STREAMS)),
            decimals: 0,
            compared: true,
        },
    ]);
}

/// Lets each way take its turn in each round, beginning with another.
fn rounds<T>(rounds: usize, mut take: impl FnMut(usize) -> T) -> Vec<Vec<T>> {
    let round = |first: usize| {
        let ways = Way::ALL.len();
        let turns = (0..ways).map(|turn| (first + turn) % ways);
        let mut taken: Vec<_> = turns.map(|at| (at, take(at))).collect();
        taken.sort_by_key(|(at, _)| *at);
        taken.into_iter().map(|(_, outcome)| outcome).collect()
    };
    (0..rounds).map(round).collect()
}

fn columns(rounds: &[Vec<Outcome>]) -> [Column; 6] {
    let column = |name, decimals, compared, of: fn(&Outcome) -> f64| Column {
        name,
        rounds: rounds
            .iter()
            .map(|round| round.iter().map(of).collect())
            .collect(),
        decimals,
        compared,
    };
    let microseconds = |outcome: &Outcome| outcome.busy * 1e6 / outcome.report.received as f64;
    let delivered = |outcome: &Outcome| outcome.report.received as f64 / outcome.report.seconds;
    [
        column("us of CPU, a delivery", 2, true, microseconds),
        column("deliveries a second", 0, false, delivered),
        column("median latency, ms", 1, false, |outcome| {
            outcome.report.median
        }),
        column("99 % latency, ms", 1, false, |outcome| outcome.report.p99),
        column("lost, reported to the client", 0, false, |outcome| {
            outcome.report.reported as f64
        }),
        column("lost in silence", 0, false, |outcome| {
            outcome.report.unreported as f64
        }),
    ]
}

/// Prints a table of medians, with a row for each way.
fn table(columns: &[Column]) {
    let head = columns.iter().map(|column| match column.compared {
        true => format!(" {} | ratio |", column.name),
        false => format!(" {} |", column.name),
    });
    println!("| |{}", head.collect::<String>());
    let rule = columns.iter().map(|column| match column.compared {
        true => "--:|--:|",
        false => "--:|",
    });
    println!("|---|{}", rule.collect::<String>());
    for (at, way) in Way::ALL.into_iter().enumerate() {
        let cells = columns.iter().map(|column| column.cells(at));
        println!("| {} |{}", way.label(), cells.collect::<String>());
    }
    println!();
}

impl Column {
    /// Writes the median of a way, and of its ratio to the first in the same round.
    fn cells(&self, at: usize) -> String {
        let [_, value, _] = quartiles(self.rounds.iter().map(|round| round[at]));
        let value = match value.is_nan() {
            true => String::new(),
            false => format!("{value:.*}", self.decimals),
        };
        match self.compared {
            true => format!(" {value} | {} |", self.ratio(at)),
            false => format!(" {value} |"),
        }
    }

    /// Writes how many times less one way takes than the first, and the quartiles of that.
    fn ratio(&self, at: usize) -> String {
        let [low, median, high] = quartiles(self.rounds.iter().map(|round| round[0] / round[at]));
        match self.rounds.len() {
            _ if at == 0 || median.is_nan() => String::new(),
            1 => format!("{median:.2}"),
            _ => format!("{median:.2} ({low:.2}-{high:.2})"),
        }
    }
}

fn quartiles(values: impl Iterator<Item = f64>) -> [f64; 3] {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    [1, 2, 3].map(|quarter| values[(values.len() - 1) * quarter / 4])
}
