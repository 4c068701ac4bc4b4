//! The connections of nodes to Redis.

use std::{sync::Arc, time::Duration};

use crate::{
    client::Habit::Restless,
    cluster::{ALWAYS, Cluster, Shape, WHOLE},
    publisher::Publisher,
};

/// Three for each node.
const CONNECTIONS: usize = 6;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs redis-server"]
async fn a_node_has_three_connections_for_one_topic_and_for_five_hundred() {
    for channels in [1, 100, 500] {
        let shape = Shape {
            channels,
            busy_events: 0,
            busy_clients: 0,
        };
        let mut cluster = Cluster::start(ALWAYS, shape, WHOLE).await;
        let clients = cluster.clients(&[(50, Restless)]).await;
        // A node connects when it needs to.
        for node in [0, 1] {
            let mut publisher = Publisher::new(0, node);
            let all = (0..channels).map(|channel| vec![channel]).collect();
            publisher.publish_to(&cluster.world, all).await;
            cluster.published.extend(publisher.record);
        }
        let world = Arc::clone(&cluster.world);
        let publishing = tokio::spawn(async move {
            let publisher = Publisher::new(1, 0);
            publisher
                .publish(&world, 1000, Duration::from_secs(2))
                .await
        });
        let mut counts = Vec::new();
        while !publishing.is_finished() {
            counts.push(count(&cluster).await);
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        cluster.published.extend(publishing.await.unwrap().record);
        println!("{channels} topics: {counts:?} connections");
        // A busy machine may answer late, and a connection that was given up is not gone at once.
        counts.sort_unstable();
        assert_eq!(counts[counts.len() / 2], CONNECTIONS, "{counts:?}");
        assert_eq!(topics(&cluster).await, channels);
        cluster.end(clients).await.is_sound();
    }
}

async fn count(cluster: &Cluster) -> usize {
    let clients: String = cluster.server.run("CLIENT LIST TYPE normal").await;
    // One is that of the test.
    clients.lines().count() - 1
}

/// Returns the number of topics that have events.
async fn topics(cluster: &Cluster) -> usize {
    let keys: Vec<String> = cluster.server.run("KEYS {tower-sse}:topic:*").await;
    keys.len()
}
