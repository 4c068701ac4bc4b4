//! Many clients that know what they are to get, and some of them that do not read it for a while.

use std::{
    env,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};

use futures::{
    StreamExt,
    future::{join, join_all},
    stream,
};
use tokio::{
    io::{AsyncBufReadExt, BufReader, stdin},
    task::JoinSet,
};

use crate::{
    alone,
    client::{Body, PIECE, ask},
    descriptors, guard,
    server::small_socket,
};

pub(crate) const READING: usize = 10_000;

pub(crate) const STUCK: usize = 100;

/// How many events each gets. By default a channel holds a few more.
pub(crate) const EVENTS: usize = 1000;

/// How many connect at once: fewer than the listener's backlog holds.
const CONNECTING: usize = 100;

pub(crate) const ADDRESS: &str = "TOWER_SSE_TEST_ADDRESS";
pub(crate) const EPOCH: &str = "TOWER_SSE_TEST_EPOCH";
pub(crate) const OPEN: &str = "all are open";
pub(crate) const READ: &str = "all that read have every event";
pub(crate) const ENDED: &str = "all have ended";

/// What each stream begins with.
const OPENING: &str = "retry: 1000\n";

/// Returns the data of an event.
pub(crate) fn data(number: usize) -> String {
    format!("{number:.>100}")
}

/// Returns what a client gets in all. The first event was before it came.
fn expected(epoch: &str) -> String {
    let event = |number| format!("data: {}\nid: {epoch}-{number}\n\n", data(number));
    let events = (2..EVENTS + 2).map(event);
    std::iter::once(OPENING.to_owned()).chain(events).collect()
}

#[test]
#[ignore = "the clients of another test, which runs it"]
fn the_clients() {
    let (Ok(address), Ok(epoch)) = (env::var(ADDRESS), env::var(EPOCH)) else {
        return;
    };
    alone(async {
        descriptors::allow(READING + STUCK);
        let (address, expected) = (address.parse().unwrap(), expected(&epoch).into());
        let reading = open(READING, address, "/", &expected).await;
        let stuck = open(STUCK, address, "/stuck", &expected).await;
        eprintln!("{OPEN}");
        join(read(reading), read_late(stuck)).await;
        eprintln!("{ENDED}");
    });
}

async fn open(count: usize, address: SocketAddr, path: &str, expected: &Arc<str>) -> Vec<Client> {
    let client = |_| Client::open(address, path, Arc::clone(expected));
    let clients = stream::iter(0..count).map(client);
    clients.buffer_unordered(CONNECTING).collect().await
}

/// Reads all events, says so, and reads to the end.
async fn read(clients: Vec<Client>) {
    let left = Arc::new(AtomicUsize::new(clients.len()));
    let mut reading = JoinSet::new();
    for mut client in clients {
        let left = Arc::clone(&left);
        reading.spawn(async move {
            client.read_to(client.expected.len()).await;
            match left.fetch_sub(1, Relaxed) - 1 {
                0 => eprintln!("{READ}"),
                left if left % 500 == 0 => eprintln!("{left} have yet to read some"),
                _ => {}
            }
            client.end().await;
        });
    }
    while let Some(ended) = reading.join_next().await {
        ended.unwrap();
    }
}

/// Reads to the end, once the other process has written a line.
async fn read_late(clients: Vec<Client>) {
    let mut lines = BufReader::new(stdin()).lines();
    lines.next_line().await.unwrap();
    join_all(clients.into_iter().map(Client::end)).await;
}

struct Client {
    body: Body,
    expected: Arc<str>,
    /// How much of it has come.
    place: usize,
}

impl Client {
    /// Waits until the stream is open.
    async fn open(address: SocketAddr, path: &str, expected: Arc<str>) -> Self {
        let socket = ask(small_socket(), address, path, None);
        let socket = guard(socket).await.unwrap();
        let mut client = Self {
            body: guard(Body::begin(socket)).await,
            expected,
            place: 0,
        };
        client.read_to(OPENING.len()).await;
        client
    }

    /// Reads until so much has come.
    async fn read_to(&mut self, place: usize) {
        while self.place < place {
            assert!(self.read().await, "it has ended");
        }
    }

    /// Reads to the end.
    async fn end(mut self) {
        while self.read().await {}
        assert_eq!(self.place, self.expected.len());
    }

    async fn read(&mut self) -> bool {
        let (expected, place) = (self.expected.as_bytes(), &mut self.place);
        let check = |data: &[u8]| {
            let (now, end) = (*place, *place + data.len());
            let is_expected = expected.get(now..end) == Some(data);
            assert!(is_expected, "at {now}: {:?}", String::from_utf8_lossy(data));
            *place = end;
        };
        self.body.read(PIECE, check).await
    }
}
