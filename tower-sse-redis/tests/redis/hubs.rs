//! Two hubs over one Redis.

use std::{num::NonZeroUsize, time::Duration};

use futures_util::StreamExt;
use tower_sse::{
    ChannelEvent, ChannelOptions, Event, EventId, Hub, HubOptions, LastEventId, Stored,
    Subscription,
};
use tower_sse_redis::RedisStore;

use crate::server::Server;

const CHANNELS: [&str; 3] = ["a", "b", "c"];

/// Opens a hub with a store of its own, as another process does. It retains few events in memory.
async fn open(server: &Server) -> Hub<Stored> {
    let time = Duration::from_millis(500);
    let options = server
        .options()
        .response_timeout(time)
        .connect_timeout(time);
    let store = RedisStore::connect(options.block_timeout(time))
        .await
        .unwrap();
    let channels = ChannelOptions::new().max_events(NonZeroUsize::new(20).unwrap());
    let options = HubOptions::new().channel_options(channels);
    let options = options.publish_timeout(Duration::from_secs(60));
    Hub::open(store, options).await.unwrap()
}

async fn publish(hub: &Hub<Stored>, number: usize, text: String) -> EventId {
    let channel = CHANNELS[number % CHANNELS.len()];
    hub.publish([channel], &Event::new(text)).await.unwrap()
}

fn data(event: &ChannelEvent) -> String {
    let text = std::str::from_utf8(event.encoded().as_bytes()).unwrap();
    let data = text.lines().find_map(|line| line.strip_prefix("data: "));
    data.unwrap_or_else(|| panic!("no event: {text}"))
        .to_owned()
}

async fn next(subscription: &mut Subscription) -> ChannelEvent {
    let next = tokio::time::timeout(Duration::from_secs(60), subscription.next());
    next.await.expect("nothing comes").expect("it has ended")
}

/// Reads events until both publishers have ended.
async fn read_all(mut subscription: Subscription, count: usize) -> Vec<String> {
    let mut read = Vec::new();
    while read.len() < count {
        read.push(data(&next(&mut subscription).await));
    }
    read
}

#[tokio::test]
async fn each_node_gets_the_events_of_all() {
    let server = Server::start();
    let (first, second) = (open(&server).await, open(&server).await);
    let mut at_first = first.subscribe(CHANNELS).await.unwrap();
    let mut at_second = second.subscribe(CHANNELS).await.unwrap();
    for (number, hub) in [&first, &second].into_iter().enumerate() {
        let text = number.to_string();
        publish(hub, number, text.clone()).await;
        assert_eq!(data(&next(&mut at_first).await), text);
        assert_eq!(data(&next(&mut at_second).await), text);
    }
}

#[tokio::test]
async fn a_client_resumes_at_another_node_after_all_were_restarted() {
    let mut server = Server::with("--save '' --appendonly yes --appendfsync always");
    let first = open(&server).await;
    let id = publish(&first, 0, "0".into()).await;
    for number in 1..100 {
        publish(&first, number, number.to_string()).await;
    }
    drop(first);
    server.kill();
    server.restart();
    let second = open(&server).await;
    let resumed = second.resume(CHANNELS, LastEventId::new(id).as_ref());
    let read = read_all(resumed.await.unwrap(), 99).await;
    let expected: Vec<_> = (1..100).map(|number: usize| number.to_string()).collect();
    assert_eq!(read, expected);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_killed_loses_and_doubles_nothing() {
    const COUNT: usize = 1000;
    let mut server = Server::with("--save '' --appendonly yes --appendfsync always");
    let hubs = [open(&server).await, open(&server).await];
    let mut readers = Vec::new();
    let mut publishers = Vec::new();
    for (node, hub) in hubs.iter().enumerate() {
        let subscription = hub.subscribe(CHANNELS).await.unwrap();
        readers.push(tokio::spawn(read_all(subscription, 2 * COUNT)));
        let hub = hub.clone();
        publishers.push(tokio::spawn(async move {
            for number in 0..COUNT {
                publish(&hub, number, format!("{node} {number}")).await;
            }
        }));
    }
    let mut watched = hubs[0].subscribe(CHANNELS).await.unwrap();
    for _ in 0..4 {
        for _ in 0..COUNT / 5 {
            let _event = next(&mut watched).await;
        }
        server.kill();
        server.restart();
    }
    for publisher in publishers {
        publisher.await.unwrap();
    }
    let mut read = Vec::new();
    for reader in readers {
        read.push(reader.await.unwrap());
    }
    assert_eq!(read[0], read[1]);
    for node in ["0 ", "1 "] {
        let numbers = read[0].iter().filter_map(|text| text.strip_prefix(node));
        let numbers: Vec<usize> = numbers.map(|number| number.parse().unwrap()).collect();
        assert_eq!(numbers, (0..COUNT).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn a_node_has_three_connections_for_any_number_of_topics() {
    for topics in [1, 100, 500] {
        let server = Server::start();
        let hub = open(&server).await;
        let names: Vec<_> = (0..topics).map(|number| format!("room/{number}")).collect();
        for name in &names {
            hub.publish([name], &Event::new("e")).await.unwrap();
        }
        drop(hub);
        // It has the events of none in memory: each subscription reads a page.
        let hub = Hub::open(server.store().await, small()).await.unwrap();
        let mut subscriptions = Vec::new();
        for name in &names {
            let mut subscription = hub.replay([name]).await.unwrap();
            let event = next(&mut subscription).await;
            assert!(event.encoded().as_bytes().starts_with(b"data: e\n"));
            subscriptions.push(subscription);
        }
        hub.publish([&names[0]], &Event::new("e")).await.unwrap();
        // One is that of the test.
        assert_eq!(clients(&server).await.len(), 4);
        drop((hub, subscriptions));
        let ended = async { while clients(&server).await.len() > 1 {} };
        let ended = tokio::time::timeout(Duration::from_secs(60), ended);
        ended.await.expect("connections stay");
    }
}

async fn clients(server: &Server) -> Vec<String> {
    let clients: String = server.run("CLIENT LIST TYPE normal").await;
    clients.lines().map(ToOwned::to_owned).collect()
}

/// Options of a hub that retains next to nothing in memory.
fn small() -> HubOptions {
    HubOptions::new().max_bytes(100)
}
