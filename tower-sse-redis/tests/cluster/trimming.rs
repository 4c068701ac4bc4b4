//! A hub stream that is trimmed while a node is away.

use crate::{
    client::Habit::StayAt,
    cluster::{ALWAYS, Cluster, FEW, WHOLE},
    report::Report,
};

/// Publishes while a node is stopped, and trims the hub stream, and perhaps the topics.
async fn trim(with_topics: bool) -> Report {
    let mut cluster = Cluster::start(ALWAYS, FEW, WHOLE).await;
    let clients = cluster.clients(&[(20, StayAt(0)), (30, StayAt(1))]).await;
    cluster.publish(1, 300).await;
    cluster.world.nodes.pause(1);
    cluster.publish(0, 2000).await;
    let trimmed: usize = cluster.server.run("XTRIM {tower-sse}:hub MAXLEN 20").await;
    assert!(trimmed > 2000);
    for channel in 0..FEW.channels {
        if with_topics {
            let name = FEW.name(channel);
            let () = cluster
                .server
                .run(&format!("XTRIM {{tower-sse}}:topic:{name} MAXLEN 5"))
                .await;
        }
    }
    cluster.world.nodes.go_on(1);
    cluster.publish(0, 200).await;
    cluster.publish(1, 200).await;
    cluster.end(clients).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs redis-server"]
async fn clients_of_a_node_that_was_away_get_what_the_topics_have() {
    let report = trim(false).await;
    println!("trimmed while a node was away: {report}");
    report.is_sound();
    assert_eq!(report.notices, 0, "{report}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs redis-server"]
async fn what_the_topics_do_not_have_either_is_a_gap() {
    let report = trim(true).await;
    println!("trimmed with its topics while a node was away: {report}");
    report.is_sound();
    assert!(report.told > 0 && report.notices >= 30, "{report}");
}
