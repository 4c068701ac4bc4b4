//! Times and rates over HTTP, with two nodes. Build it with `--release` to know what they are worth.

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::StreamExt;
use sse_stream::SseByteStream;
use tokio::{task::JoinSet, time::interval};

use crate::{
    cluster::{ALWAYS, Cluster, EVERY_SECOND, FEW, WHOLE},
    guard,
};

const RECEIPTS: usize = 1000;
const EVERY: Duration = Duration::from_millis(4);
const TIME: Duration = Duration::from_secs(2);
const PUBLISHERS: usize = 500;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs redis-server"]
async fn an_event_of_one_node_soon_reaches_clients_of_the_other() {
    for (name, arguments) in [("always", ALWAYS), ("everysec", EVERY_SECOND)] {
        let cluster = Cluster::start(arguments, FEW, WHOLE).await;
        let [first, second] = [0, 1].map(|node| cluster.world.nodes.address(node).unwrap());
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let times = guard(receive(&http, first, second)).await;
        let (median, most) = (times[RECEIPTS / 2], times[RECEIPTS * 99 / 100]);
        println!(
            "appendfsync {name}: from the publish to the receipt p50 {median:?}, p99 {most:?}"
        );
        for publishers in [1, PUBLISHERS] {
            let rate = publish(&http, first, publishers).await;
            println!("appendfsync {name}: {rate:.0} events/s by {publishers} publishers");
        }
        assert!(median < Duration::from_millis(500), "{median:?}");
    }
}

/// Publishes events one by one at one node, and reads them at another. Returns the times between, sorted.
async fn receive(http: &reqwest::Client, first: SocketAddr, second: SocketAddr) -> Vec<Duration> {
    let request = http.get(format!("http://{second}/events/room-1"));
    let response = request
        .header("accept", "text/event-stream")
        .send()
        .await
        .unwrap();
    let mut events = SseByteStream::new(response.bytes_stream());
    // The checkpoint of a first visit.
    let checkpoint = events.next().await.unwrap().unwrap();
    assert_eq!(checkpoint.event.as_deref(), Some("checkpoint"));
    let (began, http) = (Instant::now(), http.clone());
    tokio::spawn(async move {
        let mut ticks = interval(EVERY);
        for _ in 0..RECEIPTS {
            ticks.tick().await;
            let line = format!("room-1 {}", began.elapsed().as_nanos());
            let _answer = http
                .post(format!("http://{first}/publish"))
                .body(line)
                .send()
                .await
                .unwrap();
        }
    });
    let mut times = Vec::new();
    while times.len() < RECEIPTS {
        let event = events.next().await.unwrap().unwrap();
        let published = Duration::from_nanos(event.data.unwrap().parse().unwrap());
        times.push(began.elapsed() - published);
    }
    times.sort();
    times
}

/// Returns the events a second that publishers get acknowledged, each of which publishes one after the other.
async fn publish(http: &reqwest::Client, node: SocketAddr, publishers: usize) -> f64 {
    let (began, mut publishing) = (Instant::now(), JoinSet::new());
    let url: Arc<str> = format!("http://{node}/publish").into();
    for publisher in 0..publishers {
        let (http, url) = (http.clone(), Arc::clone(&url));
        publishing.spawn(async move {
            let mut count = 0;
            while began.elapsed() < TIME {
                let line = format!("room-{} {count}", publisher % FEW.channels);
                let answer = http.post(&*url).body(line).send().await.unwrap();
                let answer = answer.text().await.unwrap();
                assert!(!answer.starts_with('!'), "{answer}");
                count += 1;
            }
            count
        });
    }
    let counts: usize = publishing.join_all().await.iter().sum();
    counts as f64 / began.elapsed().as_secs_f64()
}
