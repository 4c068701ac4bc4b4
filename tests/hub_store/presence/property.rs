//! Random nodes, names and faults.
//!
//! A seed draws a history: names come and go in rooms on several nodes, which are opened, closed and killed, while
//! the store is away for some of them, loses records, or trims its tail. Then there is quiet, and the list and the
//! feed of each node must have the names of all streams that are open, and no others. While a history runs without
//! faults, no name may be missing for longer than its messages take.
//!
//! ```sh
//! PRESENCE_SEED=<seed> cargo test --all-features --test hub_store presence::property
//! PRESENCE_SEEDS=20000 tests/optimized/cargo test --test hub_store presence::property
//! ```

use std::{collections::BTreeSet, env};

use futures_util::{FutureExt, StreamExt};
use tower_sse::{Hub, Stored, Subscription};

use super::{names, node, sleep};
use crate::{
    random::Random,
    stores::{Damage, FaultRates, FaultyStore, PlainStore},
    support::{cut, heal, plain, short, way_to},
};

const SEEDS: u64 = 150;
const NAMES: [&str; 6] = ["ada", "bob", "dan", "eve", "fay", "gus"];

/// A node, whose clients poll their streams.
struct Node {
    way: FaultyStore<PlainStore>,
    hub: Hub<Stored>,
    streams: Vec<(&'static str, Subscription)>,
    page: Option<Page>,
}

/// A client that reads the feed.
struct Page {
    stream: Subscription,
    names: BTreeSet<String>,
}

struct World {
    store: PlainStore,
    random: Random,
    nodes: Vec<Node>,
    has_faults: bool,
}

#[test]
fn all_nodes_have_the_same_list_in_the_end() {
    let variable = |name| Some(env::var(name).ok()?.parse::<u64>().unwrap());
    let seeds = match variable("PRESENCE_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..variable("PRESENCE_SEEDS").unwrap_or(SEEDS),
    };
    for seed in seeds {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        println!("PRESENCE_SEED={seed}");
        runtime.block_on(history(seed));
    }
}

async fn history(seed: u64) {
    let mut world = World {
        store: plain(),
        random: Random::new(seed),
        nodes: Vec::new(),
        has_faults: seed % 3 > 0,
    };
    for _ in 0..2 + world.random.below(2) {
        world.open().await;
    }
    for _ in 0..20 + world.random.below(40) {
        world.step().await;
        world.poll().await;
    }
    for node in &world.nodes {
        heal(&node.way);
    }
    // A dead node, its lease, what its clients do, and the grace time.
    for _ in 0..12 {
        sleep(5.0).await;
        world.poll().await;
    }
    world.check().await;
}

impl World {
    async fn open(&mut self) {
        let way = way_to(&self.store);
        let hub = node(&way).await;
        names(&hub);
        self.nodes.push(Node {
            way,
            hub,
            streams: Vec::new(),
            page: None,
        });
    }

    async fn step(&mut self) {
        let kinds = if self.has_faults { 16 } else { 10 };
        let at = self.random.below(self.nodes.len());
        match self.random.below(kinds) {
            0..4 => {
                let name = NAMES[self.random.below(NAMES.len())];
                let hub = &self.nodes[at].hub;
                let stream = hub.subscriber(name).subscribe([super::ROOM]);
                let stream = stream.await.unwrap();
                self.nodes[at].streams.push((name, stream));
            }
            4..7 => {
                let streams = &mut self.nodes[at].streams;
                if !streams.is_empty() {
                    drop(streams.swap_remove(self.random.below(streams.len())));
                }
            }
            7..9 => {
                let millis = [1, 100, 1_500, 4_000, 7_000, 21_000];
                let millis = millis[self.random.below(millis.len())];
                sleep(f64::from(millis) / 1000.0).await;
            }
            9 if self.nodes.len() < 4 => self.open().await,
            9 => drop(self.nodes.swap_remove(at)),
            10 | 11 => cut(&self.nodes[at].way).await,
            12 => self.nodes.iter().for_each(|node| heal(&node.way)),
            13 => self.store.trim_tail(self.random.below(3)),
            14 => self.nodes[at].way.set_rates(FaultRates {
                lost_replies: 300,
                late: 300,
                unavailable: 300,
                broken_tails: 100,
                ..FaultRates::default()
            }),
            _ if self.nodes.len() > 1 => {
                // Its process dies.
                cut(&self.nodes[at].way).await;
                drop(self.nodes.swap_remove(at));
                if self.random.below(2) == 0 {
                    let saved = self.store.image();
                    sleep(0.5).await;
                    self.store.restore(&saved);
                }
            }
            _ => {}
        }
    }

    /// Has all streams polled, as their connections do. Clients whose stream has ended leave.
    async fn poll(&mut self) {
        for node in &mut self.nodes {
            for (_, stream) in &mut node.streams {
                while stream.next().now_or_never().flatten().is_some() {}
            }
            node.streams
                .retain(|(_, stream)| stream.close_reason().is_none());
            if node.page.is_none() {
                node.page = Page::open(&node.hub).now_or_never();
            }
            if node.page.as_mut().is_some_and(|page| !page.read()) {
                node.page = None;
            }
        }
    }

    async fn check(&mut self) {
        let streams = self.nodes.iter().flat_map(|node| &node.streams);
        let expected: BTreeSet<_> = streams.map(|(name, _)| name.to_string()).collect();
        let expected_names = expected.iter().cloned().collect::<Vec<_>>().join(" ");
        for (index, node) in self.nodes.iter().enumerate() {
            assert_eq!(names(&node.hub), expected_names, "node {index}");
            let page = node.page.as_ref().unwrap();
            assert_eq!(page.names, expected, "the page of node {index}");
        }
    }
}

impl Page {
    async fn open(hub: &Hub<Stored>) -> Self {
        let stream = hub.subscribe([super::FEED]).await.unwrap();
        let names = BTreeSet::new();
        Self { stream, names }
    }

    /// Reads all that is ready. Returns `false` if the stream has ended.
    fn read(&mut self) -> bool {
        while let Some(Some(event)) = self.stream.next().now_or_never() {
            match short(&event).split_once(' ').unwrap() {
                ("joined", name) => drop(self.names.insert(name.to_owned())),
                ("left", name) => assert!(self.names.remove(name), "{name} was not there"),
                (kind, _) => assert_eq!(kind, "snapshot"),
            }
        }
        self.stream.close_reason().is_none()
    }
}
