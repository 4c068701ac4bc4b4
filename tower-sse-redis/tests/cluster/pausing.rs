//! A Redis that is stopped for some seconds.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use futures_util::StreamExt;
use tokio::{task::JoinHandle, time::sleep};

use crate::{
    client::Habit::{Restless, StayAt},
    cluster::{ALWAYS, Cluster, FEW, WHOLE, World},
    guard,
    node::{HEARTBEAT, PUBLISH_TIMEOUT},
    publisher::{Outcome, Publisher},
};

const PAUSE: Duration = Duration::from_secs(5);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs redis-server"]
async fn streams_have_heartbeats_and_publishes_end_while_redis_is_stopped() {
    let mut cluster = Cluster::start(ALWAYS, FEW, WHOLE).await;
    let clients = cluster
        .clients(&[(20, Restless), (10, StayAt(0)), (10, StayAt(1))])
        .await;
    let beats = [0, 1].map(|node| watch(&cluster.world, node));
    let publishing = publish(&cluster.world);
    sleep(Duration::from_secs(1)).await;
    cluster.server.pause();
    sleep(HEARTBEAT).await;
    let before = beats.each_ref().map(|beats| beats.load(SeqCst));
    sleep(PAUSE).await;
    let after = beats.each_ref().map(|beats| beats.load(SeqCst));
    for node in [0, 1] {
        assert_ne!(
            outage(&cluster.world, node).await,
            "",
            "node {node} notices nothing"
        );
    }
    cluster.server.go_on();
    for (before, after) in before.into_iter().zip(after) {
        let due = (PAUSE.as_millis() / HEARTBEAT.as_millis()) as usize;
        assert!(
            after - before > due / 4,
            "{} of {due} heartbeats",
            after - before
        );
    }
    end(&mut cluster, publishing).await;
    let world = Arc::clone(&cluster.world);
    let recovered = async {
        for node in [0, 1] {
            while !outage(&world, node).await.is_empty() {
                sleep(Duration::from_millis(50)).await;
            }
        }
    };
    guard(recovered).await;
    let report = cluster.end(clients).await;
    println!("stopped for 5 s: {report}");
    report.is_sound();
    assert_eq!((report.lost, report.notices), (0, 0), "{report}");
    assert!(report.failed + report.unknown > 0, "{report}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs redis-server"]
async fn what_was_sent_to_a_redis_that_is_stopped_for_a_moment_is_stored_once() {
    let mut cluster = Cluster::start(ALWAYS, FEW, WHOLE).await;
    let clients = cluster.clients(&[(20, Restless)]).await;
    for _ in 0..3 {
        let publishing = publish(&cluster.world);
        sleep(Duration::from_secs(1)).await;
        cluster.server.pause();
        // Longer than a node waits for an answer, and shorter than a publish is tried.
        sleep(Duration::from_millis(1500)).await;
        cluster.server.go_on();
        end(&mut cluster, publishing).await;
    }
    let report = cluster.end(clients).await;
    println!("stopped for a moment: {report}");
    report.is_sound();
    assert_eq!((report.lost, report.notices), (0, 0), "{report}");
}

/// Publishes at both nodes, for some seconds.
fn publish(world: &Arc<World>) -> [JoinHandle<Publisher>; 2] {
    [0, 1].map(|node| {
        let world = Arc::clone(world);
        tokio::spawn(async move {
            let publisher = Publisher::new(node as u64, node);
            let time = Duration::from_secs(4);
            publisher.publish(&world, 1500, time).await
        })
    })
}

/// Waits for the publishers, whose publishes end in time.
async fn end(cluster: &mut Cluster, publishing: [JoinHandle<Publisher>; 2]) {
    for publishing in publishing {
        let publisher = publishing.await.unwrap();
        let longest = publisher.longest;
        assert!(
            longest < PUBLISH_TIMEOUT + Duration::from_secs(10),
            "{longest:?}"
        );
        for one in &publisher.record {
            if let Outcome::Failed(error) = &one.outcome {
                assert!(error.starts_with("Unavailable"), "{error}");
            }
        }
        cluster.published.extend(publisher.record);
    }
}

/// Counts the heartbeats of a stream of a silent channel. It never ends.
fn watch(world: &Arc<World>, node: usize) -> Arc<AtomicUsize> {
    let count = Arc::new(AtomicUsize::new(0));
    let (world, beats) = (Arc::clone(world), Arc::clone(&count));
    tokio::spawn(async move {
        let address = world.nodes.address(node).unwrap();
        let request = world.http.get(format!("http://{address}/events/silent"));
        let response = request
            .header("accept", "text/event-stream")
            .send()
            .await
            .unwrap();
        let mut pieces = response.bytes_stream();
        while let Some(piece) = pieces.next().await {
            let Ok(piece) = piece else { break };
            let comments = piece.split(|byte| *byte == b'\n');
            beats.fetch_add(
                comments.filter(|line| line.starts_with(b":")).count(),
                SeqCst,
            );
        }
        // Its end is one too few.
        beats.store(0, SeqCst);
    });
    count
}

async fn outage(world: &World, node: usize) -> String {
    let address = world.nodes.address(node).unwrap();
    let request = world.http.get(format!("http://{address}/outage"));
    request.send().await.unwrap().text().await.unwrap()
}
