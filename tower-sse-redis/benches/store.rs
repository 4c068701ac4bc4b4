//! What a Redis of this machine does in a second: `cargo bench -p tower-sse-redis`. It needs `redis-server`.

#[path = "../tests/redis/server.rs"]
#[allow(dead_code)]
mod server;

use std::time::{Duration, Instant};

use futures_util::{StreamExt, TryStreamExt, stream};
use tower_sse::store::{Batch, Entry, HubStore, Position, PublisherId};
use tower_sse_redis::RedisStore;

use crate::server::Server;

const TIME: Duration = Duration::from_secs(2);
/// The bytes of an event.
const EVENT: &[u8] = &[b'x'; 200];

#[tokio::main]
async fn main() {
    for (name, arguments) in [
        ("no file", "--save '' --appendonly no"),
        (
            "appendfsync everysec",
            "--save '' --appendonly yes --appendfsync everysec",
        ),
    ] {
        let server = Server::with(arguments);
        let store = server.store().await;
        for (topics, size) in [(1, 1), (1, 10), (1, 100), (500, 100)] {
            let before = cpu_time(&server).await;
            let (count, time) = append(&store, topics, size).await;
            let (rate, cpu) = (count / time.as_secs_f64(), cpu_time(&server).await - before);
            let each = cpu * 1e6 / count;
            println!(
                "{name}: batches of {size} in {topics} topics: {rate:.0} entries/s, {each:.1} µs CPU of Redis each"
            );
        }
        memory(&server).await;
        page(&store).await;
        tail(&store).await;
    }
}

/// Returns the CPU time that the server has used, in seconds.
async fn cpu_time(server: &Server) -> f64 {
    let info: String = server.run("INFO cpu").await;
    let fields = info.lines().filter_map(|line| line.split_once(':'));
    let used = fields.filter(|(name, _)| ["used_cpu_user", "used_cpu_sys"].contains(name));
    used.map(|(_, value)| value.trim().parse::<f64>().unwrap())
        .sum()
}

/// Prints what an entry takes in memory, its own bytes included.
async fn memory(server: &Server) {
    for (name, key) in [("the hub stream", "hub"), ("its topic", "topic:1/0")] {
        let key = format!("{{tower-sse}}:{key}");
        let bytes: u64 = server.run(&format!("MEMORY USAGE {key} SAMPLES 0")).await;
        let entries: u64 = server.run(&format!("XLEN {key}")).await;
        println!("an entry in {name}: {} B", bytes / entries);
    }
}

async fn append(store: &RedisStore, topics: usize, size: usize) -> (f64, Duration) {
    let (publisher, began, mut count) = (PublisherId::draw(), Instant::now(), 0);
    let mut counter = 0;
    while began.elapsed() < TIME {
        let entries = (0..size).map(|index| {
            let topic = format!("{topics}/{}", (count + index) % topics);
            Entry::window(topic, EVENT)
        });
        let entries: Vec<_> = entries.collect();
        counter += 1;
        store
            .append(Batch::new(publisher, counter, &entries))
            .await
            .unwrap();
        count += size;
    }
    (count as f64, began.elapsed())
}

async fn page(store: &RedisStore) {
    let (topic, mut times) = ("1/0".into(), Vec::new());
    for _ in 0..200 {
        let began = Instant::now();
        let page = store
            .read(std::slice::from_ref(&topic), Position::ZERO, 500)
            .await
            .unwrap();
        assert_eq!(page.entries.len(), 500);
        times.push(began.elapsed());
    }
    times.sort();
    println!(
        "a page of 500: {:?} (median), {:?} (99 of 100)",
        times[100], times[198]
    );
}

async fn tail(store: &RedisStore) {
    let began = Instant::now();
    let records = store
        .tail(None)
        .take(10_000)
        .try_collect::<Vec<_>>()
        .await
        .unwrap();
    println!(
        "the newest {} records: {:?}",
        records.len(),
        began.elapsed()
    );
    let tail = store.tail(Some(records[9_999].record.position()));
    let mut tail = std::pin::pin!(tail);
    let mut times = Vec::new();
    for counter in 1..=1000 {
        let entries = [Entry::ephemeral("t", EVENT)];
        let batch = Batch::new(PublisherId::new(1), counter, &entries);
        let began = Instant::now();
        let both = futures_util::future::join(store.append(batch), tail.next());
        let (appended, tailed) = both.await;
        appended.unwrap();
        tailed.unwrap().unwrap();
        times.push(began.elapsed());
    }
    times.sort();
    println!(
        "from append to receipt: {:?} (median), {:?} (99 of 100)",
        times[500], times[990]
    );
    let publishers = stream::iter(0..500u64).map(|id| one(store, id));
    let began = Instant::now();
    let count = publishers.buffer_unordered(500).count().await;
    println!("{count} appends at once: {:?}", began.elapsed());
}

async fn one(store: &RedisStore, id: u64) {
    let entries = [Entry::window("t", EVENT)];
    let batch = Batch::new(PublisherId::new(1000 + id), 1, &entries);
    store.append(batch).await.unwrap();
}
