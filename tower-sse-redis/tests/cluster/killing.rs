//! Runs in which Redis and the nodes are killed while clients reconnect all the time.

use std::{
    env,
    sync::{Arc, atomic::Ordering::Relaxed},
    time::{Duration, Instant},
};

use tokio::{
    sync::Mutex,
    task::{JoinSet, block_in_place},
    time::sleep,
};

use crate::{
    client::Habit,
    cluster::{ALWAYS, Cluster, EVERY_SECOND, Shape},
    files,
    node::{NodeOptions, PUBLISH_TIMEOUT},
    publisher::Publisher,
    report::Report,
};

const CLIENTS: usize = 200;
const PUBLISHERS: usize = 4;

/// A topic retains so few events that clients of the busy channel miss some after a long pause. The other topics
/// retain all.
const SHAPE: Shape = Shape {
    channels: 401,
    busy_events: 15,
    busy_clients: 10,
};
const MAX_ENTRIES: usize = 250;

/// What is killed, evenly spread over the events.
#[derive(Clone, Copy)]
enum Kill {
    /// Redis, which is away for so many milliseconds, and has lost so many bytes of its file.
    Redis(u64, usize),
    /// A node, which is away for so many milliseconds.
    Node(usize, u64),
}

use Kill::{Node, Redis};

/// One run at a time.
static TURN: Mutex<()> = Mutex::const_new(());

fn number(name: &str, default: usize) -> usize {
    env::var(name).map_or(default, |number| number.parse().unwrap())
}

async fn run(name: &str, arguments: &str, kills: &[Kill]) -> Report {
    let _turn = TURN.lock().await;
    let began = Instant::now();
    let events = number("CLUSTER_EVENTS", 50_000);
    let seconds = number("CLUSTER_SECONDS", 20) as u64;
    // Nothing leaves the hub stream, and only the busy topic is trimmed.
    let options = NodeOptions {
        max_records: 2 * events + 1000,
        max_entries: MAX_ENTRIES.max(events / 200),
    };
    let mut cluster = Cluster::start(arguments, SHAPE, options).await;
    let clients = cluster.clients(&[(CLIENTS, Habit::Restless)]).await;
    let mut publishing = JoinSet::new();
    let published = Instant::now();
    for index in 0..PUBLISHERS {
        let world = Arc::clone(&cluster.world);
        publishing.spawn(async move {
            let publisher = Publisher::new(index as u64, index % 2);
            let time = Duration::from_secs(seconds);
            publisher.publish(&world, events / PUBLISHERS, time).await
        });
    }
    for (index, kill) in kills.iter().enumerate() {
        let after = events * (index + 1) / (kills.len() + 1);
        while cluster.world.published.load(Relaxed) < after {
            sleep(Duration::from_millis(10)).await;
        }
        perform(&mut cluster, *kill).await;
    }
    while let Some(publisher) = publishing.join_next().await {
        let publisher = publisher.unwrap();
        let most = PUBLISH_TIMEOUT + Duration::from_secs(15);
        assert!(
            publisher.longest < most,
            "a publish took {:?}",
            publisher.longest
        );
        cluster.published.extend(publisher.record);
    }
    let published = published.elapsed();
    let report = cluster.end(clients).await;
    let rate = report.acknowledged as f64 / published.as_secs_f64();
    println!(
        "{name}: {report}; {rate:.0} events/s in {published:.1?}, {:.1?} in all",
        began.elapsed()
    );
    assert_eq!(
        report.acknowledged + report.failed + report.unknown,
        events / PUBLISHERS * PUBLISHERS + 1
    );
    report.is_sound();
    assert!(report.acknowledged > events / 2, "most have failed");
    assert!(report.connections > 10 * CLIENTS, "they seldom reconnect");
    report
}

async fn perform(cluster: &mut Cluster, kill: Kill) {
    match kill {
        Redis(away, lost) => {
            block_in_place(|| cluster.server.kill());
            if lost > 0 {
                files::cut(&cluster.server, lost);
            }
            sleep(Duration::from_millis(away)).await;
            block_in_place(|| cluster.server.restart());
        }
        Node(place, away) => {
            cluster.world.nodes.kill(place).await;
            sleep(Duration::from_millis(away)).await;
            cluster.world.nodes.restart(place).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs redis-server and a minute"]
async fn with_appendfsync_always_clients_have_each_event_once_and_in_order() {
    let kills = [
        Redis(100, 0),
        Node(0, 100),
        Redis(500, 0),
        Node(1, 1000),
        // Longer than a publish waits.
        Redis(4500, 0),
        Node(0, 300),
        Redis(0, 0),
        Redis(1000, 0),
    ];
    let report = run("appendfsync always", ALWAYS, &kills).await;
    assert_eq!(
        (report.lost, report.marks, report.again),
        (0, 0, 0),
        "{report}"
    );
    assert_eq!(report.other_notices, 0, "{report}");
    assert!(report.failed + report.unknown > 0, "{report}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs redis-server and a minute"]
async fn with_appendfsync_everysec_what_redis_loses_is_a_gap() {
    let kills = [
        Redis(100, 0),
        Node(0, 100),
        Redis(300, 20_000),
        Node(1, 1000),
        Redis(0, 200_000),
        Node(0, 300),
        Redis(1000, 1000),
        Redis(4500, 50_000),
    ];
    let report = run("appendfsync everysec", EVERY_SECOND, &kills).await;
    assert!(report.lost > 0 && report.marks > 0, "{report}");
    assert!(report.told > 0, "{report}");
}
