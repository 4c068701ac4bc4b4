//! Clients of several channels that reconnect all the time, and check in the end what they have got.

use std::{env, net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncReadExt, stdin},
    task::JoinSet,
    time::timeout,
};

use crate::{
    alone, client::Client, decode::Seen, descriptors, guard, random::Random, record::Published,
};

pub(crate) const CLIENTS: usize = 2000;

pub(crate) const CHANNELS: usize = 200;

/// The most channels that a client has.
const MOST: usize = 10;

/// What ends a connection, whichever comes first: so many bytes after those that came with the head, or
/// so many milliseconds.
const MOST_BYTES: usize = 600;
const MOST_MILLIS: usize = 6000;

pub(crate) const ADDRESS: &str = "TOWER_SSE_TEST_ADDRESS";
pub(crate) const SEED: &str = "TOWER_SSE_TEST_SEED";
pub(crate) const READ: &str = "all have the last event";
pub(crate) const CHECKED: &str = "all have got their events";

/// The data of the last event, which all channels get.
pub(crate) const LAST: &str = "last";

#[test]
#[ignore = "the clients of another test, which runs it"]
fn the_returning_clients() {
    let (Ok(address), Ok(seed)) = (env::var(ADDRESS), env::var(SEED)) else {
        return;
    };
    alone(async {
        descriptors::allow(CLIENTS);
        let clients = read(address.parse().unwrap(), seed.parse().unwrap()).await;
        eprintln!("{READ}");
        let published = published().await;
        clients.iter().for_each(|client| client.check(&published));
        let visits: usize = clients.iter().map(|client| client.visits).sum();
        eprintln!("{visits} connections");
        assert!(visits > 4 * CLIENTS, "they seldom reconnect");
        eprintln!("{CHECKED}");
    });
}

/// Follows the channels with all clients, until they have the last event.
async fn read(address: SocketAddr, seed: u64) -> Vec<Returning> {
    let mut random = Random::new(seed);
    let mut reading = JoinSet::new();
    for _ in 0..CLIENTS {
        let client = Returning::new(random.below(usize::MAX) as u64);
        reading.spawn(client.followed(address));
    }
    let mut clients = Vec::new();
    while let Some(client) = reading.join_next().await {
        clients.push(client.unwrap());
    }
    clients
}

/// Reads what the publishers have recorded, and puts it in the order of the ids.
async fn published() -> Vec<Published> {
    let mut lines = String::new();
    guard(stdin().read_to_string(&mut lines)).await.unwrap();
    let mut published: Vec<_> = lines.lines().map(Published::from_line).collect();
    published.sort_by_key(Published::number);
    published
}

struct Returning {
    random: Random,
    channels: Vec<usize>,
    seen: Vec<Seen>,
    visits: usize,
}

impl Returning {
    fn new(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let count = 1 + random.below(MOST);
        Self {
            channels: random.different(count, CHANNELS),
            random,
            seen: Vec::new(),
            visits: 0,
        }
    }

    /// Reconnects until it has the last event.
    async fn followed(mut self, address: SocketAddr) -> Self {
        while self.seen.iter().all(|seen| seen.data != LAST) {
            self.visit(address).await;
        }
        self
    }

    /// Connects, and reads until the connection is cut.
    async fn visit(&mut self, address: SocketAddr) {
        let last = self.seen.last().map(|seen| seen.id.as_bytes());
        // Without an id it would miss what is published before it has connected.
        let start = if last.is_some() { "resume" } else { "replay" };
        let channels: Vec<_> = self.channels.iter().map(usize::to_string).collect();
        let path = format!("/{start}/{}", channels.join(","));
        let mut client = Client::open(address, &path, last).await;
        let bytes = self.random.below(MOST_BYTES);
        let time = Duration::from_millis(self.random.below(MOST_MILLIS) as u64);
        let is_open = timeout(time, client.read_some(bytes)).await;
        assert_ne!(is_open, Ok(false), "the stream has ended");
        self.seen.extend(std::iter::from_fn(|| client.take()));
        self.visits += 1;
    }

    /// Checks that it has seen what was published in its channels, and nothing else but checkpoints.
    fn check(&self, published: &[Published]) {
        let channels = &self.channels;
        let has_gap = self.seen.iter().any(|seen| seen.name == "gap");
        assert!(!has_gap, "{channels:?} has a gap");
        let seen = self.seen.iter().filter(|seen| seen.name != "checkpoint");
        let mine = published.iter().filter(|event| event.is_in(channels));
        let expected: Vec<_> = mine.map(Published::seen).collect();
        assert!(
            seen.eq(&expected),
            "{channels:?}: {:?} is not {expected:?}",
            self.seen
        );
    }
}
