//! Two nodes, one Redis, and what all clients and publishers of a test share.

use std::sync::{Arc, OnceLock, atomic::AtomicUsize};

use crate::{
    client::Habit,
    clients::{Clients, Gate},
    guard,
    node::NodeOptions,
    nodes::Nodes,
    place::{Epochs, Place},
    publisher::{Outcome, Published, Publisher},
    random::Random,
    report::Report,
    server::Server,
    stored::Stored,
    truth::Truth,
};

/// The channels of a test: a busy one, and others.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    pub(crate) channels: usize,
    /// How many of a hundred events are in the busy channel.
    pub(crate) busy_events: usize,
    /// How many of a hundred clients have the busy channel.
    pub(crate) busy_clients: usize,
}

/// The busy channel.
pub(crate) const BUSY: usize = 0;
/// The most channels of a client, and of an event.
const CLIENT_CHANNELS: usize = 5;
const EVENT_CHANNELS: usize = 3;

/// Few channels, of which the busy one is as the others.
pub(crate) const FEW: Shape = Shape {
    channels: 21,
    busy_events: 10,
    busy_clients: 20,
};
/// Options with which nothing is trimmed.
pub(crate) const WHOLE: NodeOptions = NodeOptions {
    max_records: 100_000,
    max_entries: 100_000,
};

impl Shape {
    pub(crate) fn name(&self, channel: usize) -> String {
        format!("room-{channel}")
    }

    pub(crate) fn index(&self, name: &str) -> usize {
        name.strip_prefix("room-").unwrap().parse().unwrap()
    }

    pub(crate) fn draw_client(&self, random: &mut Random) -> Vec<usize> {
        let count = 1 + random.below(CLIENT_CHANNELS);
        self.draw(random, count, self.busy_clients)
    }

    /// Most events are in one channel.
    pub(crate) fn draw_event(&self, random: &mut Random) -> Vec<usize> {
        let count = 1 + random.below(EVENT_CHANNELS).saturating_sub(random.below(3));
        self.draw(random, count, self.busy_events)
    }

    fn draw(&self, random: &mut Random, count: usize, busy: usize) -> Vec<usize> {
        let mut drawn = Vec::new();
        if random.below(100) < busy || self.channels == 1 {
            drawn.push(BUSY);
        }
        while drawn.len() < count.min(self.channels - 1) {
            let next = random.below(self.channels - 1) + 1;
            if !drawn.contains(&next) {
                drawn.push(next);
            }
        }
        drawn
    }
}

pub(crate) struct World {
    pub(crate) nodes: Nodes,
    pub(crate) epochs: Epochs,
    pub(crate) shape: Shape,
    pub(crate) http: reqwest::Client,
    pub(crate) gate: Gate,
    /// The connections that are open, and the clients that have begun.
    pub(crate) visiting: AtomicUsize,
    pub(crate) started: AtomicUsize,
    /// The number of events that publishers have tried.
    pub(crate) published: AtomicUsize,
    /// The place of the last event of all channels.
    pub(crate) last: OnceLock<Place>,
}

/// A test that runs.
pub(crate) struct Cluster {
    pub(crate) server: Server,
    pub(crate) world: Arc<World>,
    /// What was published so far.
    pub(crate) published: Vec<Published>,
}

/// A Redis that keeps what it acknowledges.
pub(crate) const ALWAYS: &str =
    "--save '' --appendonly yes --appendfsync always --auto-aof-rewrite-percentage 0";
pub(crate) const EVERY_SECOND: &str =
    "--save '' --appendonly yes --appendfsync everysec --auto-aof-rewrite-percentage 0";

impl Cluster {
    pub(crate) async fn start(arguments: &str, shape: Shape, options: NodeOptions) -> Self {
        let server = Server::with(arguments);
        let nodes = Nodes::start(server.url(), options).await;
        let http = reqwest::Client::builder()
            .no_proxy()
            .pool_max_idle_per_host(0);
        let world = World {
            nodes,
            epochs: Epochs::default(),
            shape,
            http: http.build().unwrap(),
            gate: Gate::default(),
            visiting: AtomicUsize::new(0),
            started: AtomicUsize::new(0),
            published: AtomicUsize::new(0),
            last: OnceLock::new(),
        };
        Self {
            server,
            world: Arc::new(world),
            published: Vec::new(),
        }
    }

    pub(crate) async fn clients(&self, habits: &[(usize, Habit)]) -> Clients {
        Clients::start(&self.world, habits).await
    }

    /// Publishes events at a node, a few at once, and as fast as it can.
    pub(crate) async fn publish(&mut self, node: usize, count: usize) {
        let publisher = Publisher::new(self.published.len() as u64, node);
        let publisher = publisher
            .publish(&self.world, count, std::time::Duration::ZERO)
            .await;
        self.published.extend(publisher.record);
    }

    /// Publishes one event in all channels.
    pub(crate) async fn publish_last(&mut self) {
        let all: Vec<_> = (0..self.world.shape.channels).collect();
        let mut publisher = Publisher::new(0, 1);
        let publishing = async {
            loop {
                publisher.publish_to(&self.world, vec![all.clone()]).await;
                if let Outcome::Acknowledged(place) = publisher.record.last().unwrap().outcome {
                    return place;
                }
            }
        };
        let place = guard(publishing).await;
        self.published.extend(publisher.record);
        self.world.last.set(place).unwrap();
    }

    /// Waits for the clients, and checks what they have seen.
    pub(crate) async fn end(mut self, clients: Clients) -> Report {
        self.publish_last().await;
        let clients = clients.end().await;
        let stored = Stored::read(&self.server, &self.world).await;
        let truth = Truth::new(&self.published, stored);
        Report::new(&truth, &clients)
    }
}
