//! Two thousand clients of some of two hundred channels, whose connections break all the time while four
//! publishers are at work.

use std::{
    env,
    hash::{BuildHasher, RandomState},
    num::NonZeroUsize,
    time::Duration,
};

use futures::future::join_all;
use hyper::server::conn::http1::Builder;
use tokio::{io::AsyncWriteExt, net::TcpSocket, time::interval};
use tower_sse::{Channel, ChannelOptions, Event, Hub, HubOptions};

use crate::{
    alone, descriptors, guard,
    random::Random,
    record::Published,
    rerun::Rerun,
    returning::{ADDRESS, CHANNELS, CHECKED, CLIENTS, LAST, READ, SEED},
    server::{Server, quiet},
};

const PUBLISHERS: usize = 4;

/// How many events each publishes.
const EVENTS: usize = 300;

const EVERY: Duration = Duration::from_millis(40);

/// The most channels that get an event at once, except the last.
const AT_ONCE: usize = 4;

#[test]
#[ignore = "takes half a minute; `tests/all` runs it"]
fn clients_that_reconnect_all_the_time_get_every_event_of_their_channels_once_and_in_order() {
    alone(async {
        // Of a connection that is cut the server may still hold its end.
        descriptors::allow(2 * CLIENTS);
        let seed = seed();
        println!("to draw the same again, set PROPTEST_RNG_SEED={seed}");
        let hub = hub();
        let server = serve(&hub);
        let (address, number) = (server.address.to_string(), seed.to_string());
        let clients = [(ADDRESS, &*address), (SEED, &*number)];
        let mut clients = Rerun::start("returning::the_returning_clients", clients);
        let published = publish(&hub, seed).await;
        clients.until(READ).await;

        let mut stdin = clients.child.stdin.take().unwrap();
        let lines: String = published.iter().map(Published::to_line).collect();
        guard(stdin.write_all(lines.as_bytes())).await.unwrap();
        drop(stdin);
        clients.until(CHECKED).await;
        clients.succeeds().await;
        server.end().await;
    });
}

/// Returns what the channels of clients and of events, and the cuts, are drawn from.
fn seed() -> u64 {
    match env::var("PROPTEST_RNG_SEED") {
        Ok(seed) => seed.parse().unwrap(),
        Err(_) => RandomState::new().hash_one(()),
    }
}

/// Makes a hub whose channels hold all events.
fn hub() -> Hub {
    let all = NonZeroUsize::new(PUBLISHERS * EVENTS + 1).unwrap();
    let options = ChannelOptions::new().max_events(all);
    Hub::new(HubOptions::new().channel_options(options))
}

/// Serves the channels that a path names: `/resume/1,2` or `/replay/1,2`.
fn serve(hub: &Hub) -> Server {
    let hub = hub.clone();
    let subscribe = move |path: &str, id: Option<&_>| {
        let (start, channels) = path[1..].split_once('/').unwrap();
        let channels = channels.split(',');
        match start {
            "replay" => hub.replay(channels).unwrap(),
            _ => hub.resume(channels, id).unwrap(),
        }
    };
    let socket = TcpSocket::new_v4().unwrap();
    Server::start(Builder::new(), quiet(), socket, subscribe)
}

/// Publishes all events, and the last in all channels. Returns what the publishers have recorded.
async fn publish(hub: &Hub, seed: u64) -> Vec<Published> {
    let publisher = |number| tokio::spawn(publish_some(hub.clone(), seed, number));
    let records = guard(join_all((0..PUBLISHERS).map(publisher))).await;
    let mut published: Vec<_> = records.into_iter().flat_map(Result::unwrap).collect();
    let all = (0..CHANNELS).collect();
    published.push(publish_one(hub, all, LAST.to_owned()));
    published
}

/// Publishes the events of one publisher. Returns its record.
async fn publish_some(hub: Hub, seed: u64, publisher: usize) -> Vec<Published> {
    let mut random = Random::new(seed.wrapping_add(1 + publisher as u64));
    let mut ticks = interval(EVERY);
    let mut record = Vec::new();
    for number in 0..EVENTS {
        ticks.tick().await;
        let count = 1 + random.below(AT_ONCE);
        let channels = random.different(count, CHANNELS);
        record.push(publish_one(
            &hub,
            channels,
            format!("{publisher}: {number}"),
        ));
    }
    assert!(record.is_sorted_by_key(Published::number));
    record
}

fn publish_one(hub: &Hub, channels: Vec<usize>, data: String) -> Published {
    let names = channels.iter().map(usize::to_string);
    let event = Event::new(data.clone());
    let id = match channels[..] {
        [one] => {
            let channel: Channel = hub.channel(&one.to_string()).unwrap();
            channel.publish(event)
        }
        _ => hub.publish(names, &event),
    };
    Published {
        id: id.unwrap().to_string(),
        channels,
        data,
    }
}
