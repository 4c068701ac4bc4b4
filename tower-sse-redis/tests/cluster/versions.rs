//! A node of another version beside these.

use std::collections::HashMap;

use redis::{AsyncCommands, aio::MultiplexedConnection};

use crate::{
    client::Habit::{Restless, StayAt},
    cluster::{ALWAYS, Cluster, FEW, WHOLE},
    publisher::{Outcome, Published, Publisher, draw_numbers},
};

async fn connect(cluster: &Cluster) -> MultiplexedConnection {
    let client = redis::Client::open(cluster.server.url()).unwrap();
    client.get_multiplexed_async_connection().await.unwrap()
}

/// Appends an event as a later version might: with fields that this one does not know.
async fn append_as_later_version(cluster: &mut Cluster, channel: usize) {
    let mut redis = connect(cluster).await;
    let [meta, hub] = ["meta", "hub"].map(|part| format!("{{tower-sse}}:{part}"));
    let name = FEW.name(channel);
    let [state, topic] = ["state", "topic"].map(|part| format!("{{tower-sse}}:{part}:{name}"));
    let meta_fields: HashMap<String, String> = redis.hgetall(&meta).await.unwrap();
    let (epoch, last) = (&meta_fields["epoch"], &meta_fields["last"]);
    let topic_last: String = redis.hget(&state, "last").await.unwrap();
    let (milliseconds, _) = last.split_once('-').unwrap();
    let id = format!("{}-7", milliseconds.parse::<u64>().unwrap() + 1);
    let number = draw_numbers(1);
    let data = format!("data: {number}\n\n");
    let record = [
        ("future", "1"),
        ("e", epoch),
        ("b", last),
        ("k", "window"),
        ("y", ""),
        ("t", &name),
        ("p", &topic_last),
        ("d", &data),
        ("later", "x"),
    ];
    let entry = [
        ("future", "1"),
        ("b", &*topic_last),
        ("d", &data),
        ("later", "x"),
    ];
    let mut step = redis::pipe();
    step.atomic();
    step.cmd("XADD").arg(&hub).arg(&id).arg(&record);
    step.cmd("XADD").arg(&topic).arg(&id).arg(&entry);
    step.hset_multiple(&meta, &[("last", &*id), ("future", "1")]);
    step.hset_multiple(&state, &[("last", &*id), ("future", "1")]);
    let () = step.query_async(&mut redis).await.unwrap();
    cluster.published.push(Published {
        number,
        channels: vec![channel],
        outcome: Outcome::Acknowledged(cluster.world.epochs.parse_entry(epoch, &id)),
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs redis-server"]
async fn fields_of_a_later_version_are_ignored() {
    let mut cluster = Cluster::start(ALWAYS, FEW, WHOLE).await;
    let clients = cluster
        .clients(&[(20, Restless), (10, StayAt(0)), (10, StayAt(1))])
        .await;
    for round in 0..20 {
        cluster.publish(round % 2, 50).await;
        append_as_later_version(&mut cluster, 1 + round % 3).await;
    }
    let report = cluster.end(clients).await;
    println!("with a later version: {report}");
    report.is_sound();
    assert_eq!((report.lost, report.notices), (0, 0), "{report}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs redis-server"]
async fn a_node_changes_nothing_in_a_hub_of_another_layout() {
    let mut cluster = Cluster::start(ALWAYS, FEW, WHOLE).await;
    let clients = cluster.clients(&[(20, Restless)]).await;
    cluster.publish(0, 100).await;
    let () = cluster.server.run("HSET {tower-sse}:meta layout 2").await;
    let before = everything(&cluster).await;
    let expected = "the hub has the layout 2, and this version knows the layout 1";
    for node in [0, 1] {
        let mut publisher = Publisher::new(3, node);
        publisher.publish_few(&cluster.world, 5).await;
        for one in &publisher.record {
            let Outcome::Failed(error) = &one.outcome else {
                panic!("{one:?}")
            };
            assert!(
                error.starts_with("Refused") && error.contains(expected),
                "{error}"
            );
        }
        cluster.published.extend(publisher.record);
    }
    let error = cluster.world.nodes.launch_error().await;
    assert!(error.contains(expected), "{error}");
    assert_eq!(everything(&cluster).await, before);
    // The older version is back.
    let () = cluster.server.run("HSET {tower-sse}:meta layout 1").await;
    cluster.publish(1, 100).await;
    let report = cluster.end(clients).await;
    println!("with another layout for a while: {report}");
    report.is_sound();
    assert_eq!((report.failed, report.notices), (10, 0), "{report}");
}

/// Returns all keys, and what they hold.
async fn everything(cluster: &Cluster) -> Vec<(String, Vec<u8>)> {
    let mut redis = connect(cluster).await;
    let mut keys: Vec<String> = redis.keys("*").await.unwrap();
    keys.sort();
    let mut all = Vec::new();
    for key in keys {
        let dump = redis::cmd("DUMP")
            .arg(&key)
            .query_async(&mut redis)
            .await
            .unwrap();
        all.push((key, dump));
    }
    all
}
