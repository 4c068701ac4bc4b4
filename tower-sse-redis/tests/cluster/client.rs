//! A client that reconnects all the time and records what it sees.

use std::{
    sync::{
        Arc,
        atomic::Ordering::{Relaxed, SeqCst},
    },
    time::Duration,
};

use futures_util::StreamExt;
use sse_stream::{Sse, SseByteStream};
use tokio::time::{Instant, sleep, timeout};

use crate::{cluster::World, place::Place, random::Random};

/// What a client sees, in its order.
#[derive(Debug)]
pub(crate) enum Seen {
    /// It has connected again: what is pending of the connection before is over.
    Connected,
    Checkpoint(Place),
    Event {
        place: Place,
        number: usize,
    },
    /// A notice that events of a channel are missing: up to a place, if it has one.
    Gap {
        channel: usize,
        until: Option<Place>,
        place: Option<Place>,
    },
    Lagged {
        channel: usize,
    },
}

/// How clients come and go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Habit {
    /// They reconnect to any node, after up to so many events.
    Restless,
    /// They stay at this node until it ends the stream.
    StayAt(usize),
}

pub(crate) struct Client {
    world: Arc<World>,
    random: Random,
    habit: Habit,
    pub(crate) channels: Vec<usize>,
    pub(crate) seen: Vec<Seen>,
    /// The last id, as it came.
    id: Option<String>,
    pub(crate) place: Option<Place>,
    pub(crate) connections: usize,
}

/// The most events that a connection of a restless client lasts, and the longest time.
const MOST_EVENTS: usize = 150;
const LONGEST: Duration = Duration::from_secs(2);
/// A silent client looks so often whether it has everything.
const LOOK: Duration = Duration::from_millis(200);
/// One of so many pauses is a long one, in which the busy channel is trimmed.
const LONG_PAUSES: usize = 30;

impl Client {
    pub(crate) fn new(world: Arc<World>, seed: u64, habit: Habit) -> Self {
        let mut random = Random::new(seed);
        Self {
            channels: world.shape.draw_client(&mut random),
            world,
            random,
            habit,
            seen: Vec::new(),
            id: None,
            place: None,
            connections: 0,
        }
    }

    /// Follows its channels until it has everything up to the last event.
    pub(crate) async fn follow(mut self) -> Self {
        let world = Arc::clone(&self.world);
        while !self.is_done() {
            world.gate.opened().await;
            self.visit(&world).await;
            if self.habit == Habit::Restless {
                let is_long = self.place.is_some() && self.random.below(LONG_PAUSES) == 0;
                let most = if is_long { 3000 } else { 20 };
                sleep(Duration::from_millis(self.random.below(most) as u64)).await;
            }
        }
        self
    }

    fn is_done(&self) -> bool {
        let last = self.world.last.get();
        last.is_some_and(|last| self.place.is_some_and(|place| place >= *last))
    }

    async fn visit(&mut self, world: &World) {
        world.visiting.fetch_add(1, SeqCst);
        if let Some(response) = self.connect(world).await {
            self.connections += 1;
            self.seen.push(Seen::Connected);
            tokio::select! {
                () = self.read(response) => {}
                () = world.gate.closed() => {}
            }
        }
        world.visiting.fetch_sub(1, SeqCst);
    }

    async fn connect(&mut self, world: &World) -> Option<reqwest::Response> {
        let node = match self.habit {
            Habit::Restless => self.random.below(2),
            Habit::StayAt(node) => node,
        };
        let Some(address) = world.nodes.address(node) else {
            sleep(Duration::from_millis(20)).await;
            return None;
        };
        let names: Vec<_> = self
            .channels
            .iter()
            .map(|one| world.shape.name(*one))
            .collect();
        let url = format!("http://{address}/events/{}", names.join(","));
        let mut request = world.http.get(url).header("accept", "text/event-stream");
        if let Some(id) = &self.id {
            request = request.header("last-event-id", id);
        }
        // A node that is stopped accepts connections, and does not answer.
        let response = timeout(Duration::from_secs(60), request.send())
            .await
            .ok()?
            .ok()?;
        assert_eq!(response.status().as_u16(), 200);
        Some(response)
    }

    async fn read(&mut self, response: reqwest::Response) {
        let mut events = SseByteStream::new(response.bytes_stream());
        let (mut left, time) = match self.habit {
            Habit::Restless => (
                1 + self.random.below(MOST_EVENTS),
                self.random.below(LONGEST.as_millis() as usize) as u64,
            ),
            Habit::StayAt(_) => (usize::MAX, 3_600_000),
        };
        let end = Instant::now() + Duration::from_millis(time);
        while left > 0 && !self.is_done() && Instant::now() < end {
            match timeout(LOOK, events.next()).await {
                Ok(Some(Ok(event))) => {
                    self.take(event);
                    left -= 1;
                }
                // The connection is cut, or the node has ended the stream.
                Ok(_) => return,
                Err(_) => {}
            }
        }
    }

    fn take(&mut self, event: Sse) {
        let epochs = &self.world.epochs;
        // A block without data is no event.
        let Some(data) = event.data else { return };
        let place = event.id.as_deref().map(|id| epochs.parse(id));
        let channel = |data: &str| {
            let name = data.split('\n').nth(1).expect("the name of the channel");
            self.world.shape.index(name)
        };
        self.seen.push(match event.event.as_deref() {
            None | Some("message") => Seen::Event {
                place: place.unwrap_or_else(|| panic!("{data} has no id")),
                number: data.parse().unwrap(),
            },
            Some("checkpoint") => Seen::Checkpoint(place.unwrap()),
            Some("gap") => Seen::Gap {
                channel: channel(&data),
                until: data
                    .split('\n')
                    .next()
                    .filter(|id| !id.is_empty())
                    .map(|id| epochs.parse(id)),
                place,
            },
            Some("lagged") => Seen::Lagged {
                channel: channel(&data),
            },
            Some(name) => panic!("an unknown event: {name}"),
        });
        if place.is_some() {
            let is_first = self.place.is_none();
            self.world.started.fetch_add(usize::from(is_first), Relaxed);
            (self.place, self.id) = (place, event.id);
        }
    }
}
