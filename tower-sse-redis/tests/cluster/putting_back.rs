//! An older append-only file that is put back.

use tokio::task::block_in_place;

use crate::{
    client::Habit::{Restless, StayAt},
    cluster::{ALWAYS, Cluster, FEW, WHOLE},
    files,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs redis-server"]
async fn what_an_older_file_lacks_is_a_gap_and_no_position_is_used_again() {
    let mut cluster = Cluster::start(ALWAYS, FEW, WHOLE).await;
    let clients = cluster
        .clients(&[(30, Restless), (10, StayAt(0)), (10, StayAt(1))])
        .await;
    cluster.publish(0, 500).await;
    cluster.publish(1, 500).await;
    files::save(&cluster.server);
    cluster.publish(0, 500).await;
    cluster.publish(1, 500).await;
    block_in_place(|| {
        cluster.server.kill();
        files::put_back(&cluster.server);
        cluster.server.restart();
    });
    cluster.publish(1, 500).await;
    cluster.publish(0, 500).await;
    let report = cluster.end(clients).await;
    println!("an older file put back: {report}");
    report.is_sound();
    assert!((900..=1000).contains(&report.lost), "{report}");
    assert!(report.marks > 0 && report.notices >= 50, "{report}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs redis-server"]
async fn an_older_file_is_noticed_although_nothing_is_published() {
    let mut cluster = Cluster::start(ALWAYS, FEW, WHOLE).await;
    let clients = cluster.clients(&[(10, StayAt(0)), (10, StayAt(1))]).await;
    cluster.publish(0, 100).await;
    files::save(&cluster.server);
    // Nobody reads the rest.
    clients.hold().await;
    cluster.publish(0, 100).await;
    block_in_place(|| {
        cluster.server.kill();
        files::put_back(&cluster.server);
        cluster.server.restart();
    });
    let lost = async {
        while cluster
            .server
            .run::<String>("HGET {tower-sse}:meta lost")
            .await
            == "0-0"
        {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    };
    crate::guard(lost).await;
    clients.release();
    let report = cluster.end(clients).await;
    println!("an older file put back in silence: {report}");
    report.is_sound();
    assert_eq!(report.lost, 100, "{report}");
    assert!(report.told > 0, "{report}");
}
