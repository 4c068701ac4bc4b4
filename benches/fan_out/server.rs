use std::{
    future::IntoFuture,
    time::{Duration, Instant},
};

use axum::serve::ListenerExt;
use tokio::{
    io::{AsyncBufReadExt, BufReader, stdin},
    net::TcpListener,
    time::sleep_until,
};
use tower_sse::{SocketListener, WithSocket};

use super::{
    bare,
    feed::{Feed, Server, Way},
    message,
};

/// Serves on one thread. Prints its address, publishes so many events once there is a line to read,
/// and ends when there will be no other.
#[tokio::main(flavor = "current_thread")]
pub(crate) async fn serve(way: Way, rate: u64, total: u64) {
    let Feed { server, publish } = way.feed();
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    println!("{}", listener.local_addr().unwrap());
    match server {
        Server::Axum(router) => {
            let listener = listener.tap_io(|tcp| tcp.set_nodelay(true).unwrap());
            tokio::spawn(axum::serve(listener, router).into_future());
        }
        Server::AxumWithSocket(router) => {
            let router = WithSocket(router.into_make_service());
            tokio::spawn(axum::serve(SocketListener::new(listener), router).into_future());
        }
        Server::Bare(chunks) => drop(tokio::spawn(bare::serve(listener, chunks))),
    }

    let mut lines = BufReader::new(stdin()).lines();
    if lines.next_line().await.unwrap().is_some() {
        tokio::spawn(publish_all(rate, total, publish));
    }
    while lines.next_line().await.unwrap().is_some() {}
}

/// Publishes events at a rate per second; those for which it comes too late one upon the other.
async fn publish_all(rate: u64, total: u64, publish: impl Fn(u64, String)) {
    let start = Instant::now();
    for number in 0..total {
        let due = Duration::from_secs(number) / rate.try_into().unwrap();
        sleep_until((start + due).into()).await;
        publish(number, message::write(number));
    }
}
