//! What is held for clients that do not read.

use allocation_counter::measure;
use tokio::{runtime::Builder, task::yield_now};
use tower_sse::{Channel, ChannelOptions, Event, LagPolicy};

use crate::{
    client::{Body, ask},
    guard,
    server::{Server, frugal, quiet, small_socket},
    turn,
};

const CLIENTS: usize = 100;

/// Publishes so many events to clients that do not read.
async fn publish(events: usize) {
    let channel = Channel::new(ChannelOptions::new().lag_policy(LagPolicy::notify()));
    let subscribe = {
        let channel = channel.clone();
        move |_: &str, _: Option<&_>| channel.subscribe()
    };
    let server = Server::start(frugal(), quiet(), small_socket(), subscribe);
    let mut clients = Vec::new();
    for _ in 0..CLIENTS {
        let socket = ask(small_socket(), server.address, "/", None);
        let socket = guard(socket).await.unwrap();
        clients.push(guard(Body::begin(socket)).await);
    }
    for number in 0..events {
        channel
            .publish(Event::new(format!("{number:.>100}")))
            .unwrap();
        yield_now().await;
    }
    assert_eq!(channel.subscriber_count(), CLIENTS);
    drop(clients);
    guard(channel.wait_until_idle()).await;
    server.end().await;
}

/// Counts in one thread what is allocated at most.
fn held(events: usize) -> u64 {
    let mut runtime = Builder::new_current_thread();
    let runtime = runtime.enable_all().build().unwrap();
    measure(|| runtime.block_on(publish(events))).bytes_max
}

#[test]
fn memory_for_clients_that_do_not_read_does_not_grow() {
    let _turn = turn();
    held(10);
    // The first is far more already than what the log and the buffers hold.
    let (few, many) = (held(3_000), held(30_000));
    println!("{few} bytes, and with ten times the events {many}");
    assert!(many < 2 * few);
}
