//! A Redis that is emptied while clients are connected.

use crate::{
    client::Habit::{Restless, StayAt},
    cluster::{ALWAYS, Cluster, FEW, WHOLE},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs redis-server"]
async fn after_flushall_another_epoch_begins_with_gaps() {
    let mut cluster = Cluster::start(ALWAYS, FEW, WHOLE).await;
    let clients = cluster
        .clients(&[(30, Restless), (10, StayAt(0)), (10, StayAt(1))])
        .await;
    for node in [0, 1, 0] {
        cluster.publish(node, 300).await;
        let epoch: String = cluster.server.run("HGET {tower-sse}:meta epoch").await;
        let () = cluster.server.run("FLUSHALL").await;
        cluster.publish(1 - node, 300).await;
        let other: String = cluster.server.run("HGET {tower-sse}:meta epoch").await;
        assert_ne!(epoch, other);
    }
    let report = cluster.end(clients).await;
    println!("emptied: {report}");
    report.is_sound();
    // Each client has one for each of its channels.
    assert!(report.notices >= 3 * 50, "{report}");
    assert_eq!(report.marks, 0, "{report}");
}
