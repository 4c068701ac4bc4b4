//! Clients whose connections break, at whatever byte, while events are published.

use std::{
    hash::{BuildHasher, RandomState},
    net::SocketAddr,
    num::NonZeroUsize,
    time::Duration,
};

use futures::future::join_all;
use hyper::server::conn::http1::Builder;
use tokio::{net::TcpSocket, time::interval};
use tower_sse::{Channel, ChannelOptions, Event, EventId};

use crate::{
    alone,
    client::Client,
    decode::Seen,
    guard,
    server::{Server, quiet},
};

const EVENTS: usize = 2000;

const CLIENTS: usize = 10;

/// The most bytes that a connection lasts.
const MOST: usize = 3000;

/// Draws a number below another.
fn draw(below: usize) -> usize {
    RandomState::new().hash_one(()) as usize % below
}

/// Comes back until the stream ends. Returns all events, and how often it came.
async fn follow(address: SocketAddr) -> (Vec<Seen>, usize) {
    let (mut all, mut visits) = (Vec::<Seen>::new(), 0);
    loop {
        visits += 1;
        let last = all.last().map(|seen| seen.id.as_bytes());
        // Without an id it would miss what is published before it has come.
        let path = if last.is_some() { "/live" } else { "/all" };
        let mut client = Client::open(address, path, last).await;
        let goes_on = client.read_some(draw(MOST)).await;
        all.extend(std::iter::from_fn(|| client.take()));
        if !goes_on {
            return (all, visits);
        }
    }
}

#[test]
fn a_client_that_reconnects_again_and_again_gets_every_event_once_and_in_order() {
    alone(async {
        let most = NonZeroUsize::new(EVENTS).unwrap();
        let channel = Channel::new(ChannelOptions::new().max_events(most));
        let subscribe = {
            let channel = channel.clone();
            move |path: &str, id: Option<&_>| match path {
                "/all" => channel.replay(),
                _ => channel.resume(id),
            }
        };
        let socket = TcpSocket::new_v4().unwrap();
        let server = Server::start(Builder::new(), quiet(), socket, subscribe);
        let clients = join_all((0..CLIENTS).map(|_| tokio::spawn(follow(server.address))));
        let publish = async {
            let mut ticks = interval(Duration::from_millis(1));
            let mut ids = Vec::new();
            for number in 0..EVENTS {
                ticks.tick().await;
                ids.push(channel.publish(Event::new(number.to_string())).unwrap());
            }
            channel.close();
            ids
        };
        let (clients, ids) = guard(async { tokio::join!(clients, publish) }).await;

        let event = |(number, id): (usize, &EventId)| Seen {
            name: String::new(),
            data: number.to_string(),
            id: id.to_string(),
        };
        let expected: Vec<_> = ids.iter().enumerate().map(event).collect();
        for client in clients {
            let (mut all, visits) = client.unwrap();
            assert!(visits > 5, "{visits}");
            // A client that came before the first event began with its id.
            all.retain(|seen| seen.name != "checkpoint");
            assert_eq!(all, expected);
        }
        guard(channel.wait_until_idle()).await;
        server.end().await;
    });
}
