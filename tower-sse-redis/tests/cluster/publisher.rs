//! Publishers, which record what became of each event.

use std::{
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
    time::{Duration, Instant},
};

use crate::{cluster::World, place::Place, random::Random};

/// An event that was published.
#[derive(Debug)]
pub(crate) struct Published {
    /// The number in its data, which no other event has.
    pub(crate) number: usize,
    pub(crate) channels: Vec<usize>,
    pub(crate) outcome: Outcome,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Acknowledged(Place),
    /// It is not stored.
    Failed(String),
    Unknown,
}

/// A publisher, whose events are stored in the order in which it publishes them.
pub(crate) struct Publisher {
    random: Random,
    pub(crate) record: Vec<Published>,
    /// The node that it publishes to, while that is there.
    node: usize,
    /// The longest time that a request has taken.
    pub(crate) longest: Duration,
}

/// Returns the first of so many numbers that no other event of this process has.
pub(crate) fn draw_numbers(count: usize) -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    NEXT.fetch_add(count, Relaxed)
}

impl Publisher {
    pub(crate) fn new(seed: u64, node: usize) -> Self {
        Self {
            random: Random::new(seed),
            record: Vec::new(),
            node,
            longest: Duration::ZERO,
        }
    }

    /// Publishes so many events within a time, a few at once.
    pub(crate) async fn publish(mut self, world: &World, count: usize, time: Duration) -> Self {
        let (began, end) = (Instant::now(), self.record.len() + count);
        let first = self.record.len();
        while self.record.len() < end {
            let most = (end - self.record.len()).min(64);
            let few = 1 + self.random.below(most);
            self.publish_few(world, few).await;
            let done = (self.record.len() - first) as f64 / count as f64;
            tokio::time::sleep_until((began + time.mul_f64(done)).into()).await;
        }
        self
    }

    /// Publishes a few events in one request.
    pub(crate) async fn publish_few(&mut self, world: &World, count: usize) {
        let channels: Vec<_> = (0..count)
            .map(|_| world.shape.draw_event(&mut self.random))
            .collect();
        self.publish_to(world, channels).await;
    }

    /// Publishes events, of which each has some channels.
    pub(crate) async fn publish_to(&mut self, world: &World, events: Vec<Vec<usize>>) {
        let first = draw_numbers(events.len());
        let lines = events.iter().enumerate().map(|(index, channels)| {
            let names: Vec<_> = channels.iter().map(|one| world.shape.name(*one)).collect();
            format!("{} {}\n", names.join(","), first + index)
        });
        let lines: String = lines.collect();
        let (began, count) = (Instant::now(), events.len());
        let answers = self.ask(world, lines).await;
        self.longest = self.longest.max(began.elapsed());
        let mut answers = answers.as_deref().unwrap_or_default().lines();
        for (index, channels) in events.into_iter().enumerate() {
            self.record.push(Published {
                number: first + index,
                channels,
                outcome: outcome(world, answers.next()),
            });
        }
        world.published.fetch_add(count, Relaxed);
    }

    /// Sends the lines to a node. `None` if it has not answered.
    async fn ask(&mut self, world: &World, lines: String) -> Option<String> {
        loop {
            let Some(address) = world.nodes.address(self.node) else {
                self.node = 1 - self.node;
                tokio::time::sleep(Duration::from_millis(20)).await;
                continue;
            };
            let request = world.http.post(format!("http://{address}/publish"));
            let response = match request.body(lines.clone()).send().await {
                Ok(response) => response,
                // No node has got it.
                Err(error) if error.is_connect() => {
                    self.node = 1 - self.node;
                    continue;
                }
                Err(_) => return None,
            };
            assert_eq!(response.status().as_u16(), 200);
            return response.text().await.ok();
        }
    }
}

fn outcome(world: &World, answer: Option<&str>) -> Outcome {
    match answer {
        None => Outcome::Unknown,
        Some(answer) => match answer.strip_prefix('!') {
            None => Outcome::Acknowledged(world.epochs.parse(answer)),
            Some(error) if error.starts_with("Unknown") => Outcome::Unknown,
            Some(error) => Outcome::Failed(error.to_owned()),
        },
    }
}
