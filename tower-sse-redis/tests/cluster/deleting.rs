//! A topic whose key is deleted.

use crate::{
    client::Habit::{Restless, StayAt},
    cluster::{ALWAYS, BUSY, Cluster, Shape, WHOLE},
};

const SHAPE: Shape = Shape {
    channels: 5,
    busy_events: 50,
    busy_clients: 50,
};

async fn delete(cluster: &Cluster, channel: usize) {
    let name = SHAPE.name(channel);
    let deleted: usize = cluster
        .server
        .run(&format!("DEL {{tower-sse}}:topic:{name}"))
        .await;
    assert_eq!(deleted, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs redis-server"]
async fn a_deleted_topic_is_a_gap_for_clients_that_are_behind() {
    let mut cluster = Cluster::start(ALWAYS, SHAPE, WHOLE).await;
    let clients = cluster.clients(&[(30, Restless)]).await;
    cluster.publish(0, 300).await;
    clients.hold().await;
    cluster.publish(1, 1000).await;
    delete(&cluster, BUSY).await;
    clients.release();
    cluster.publish(0, 1000).await;
    let report = cluster.end(clients).await;
    println!("a topic deleted: {report}");
    report.is_sound();
    assert!(report.told > 0 && report.other_notices == 0, "{report}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs redis-server"]
async fn a_deleted_topic_is_no_gap_for_clients_that_have_read_it() {
    let mut cluster = Cluster::start(ALWAYS, SHAPE, WHOLE).await;
    let clients = cluster.clients(&[(20, StayAt(0)), (20, StayAt(1))]).await;
    for node in [0, 1] {
        // Fewer than the nodes have in memory.
        cluster.publish(node, 40).await;
        delete(&cluster, BUSY).await;
    }
    let report = cluster.end(clients).await;
    report.is_sound();
    assert_eq!(report.notices, 0, "{report}");
}
