//! All clients of a test.

use std::{
    sync::{Arc, atomic::Ordering::SeqCst},
    time::Duration,
};

use tokio::{sync::watch, task::JoinSet, time::sleep};

use crate::{
    client::{Client, Habit},
    cluster::World,
    guard,
    random::Random,
};

/// Lets clients connect, or none.
pub(crate) struct Gate(watch::Sender<bool>);

impl Default for Gate {
    fn default() -> Self {
        Self(watch::channel(true).0)
    }
}

impl Gate {
    pub(crate) async fn opened(&self) {
        self.0
            .subscribe()
            .wait_for(|is_open| *is_open)
            .await
            .unwrap();
    }

    pub(crate) async fn closed(&self) {
        self.0
            .subscribe()
            .wait_for(|is_open| !*is_open)
            .await
            .unwrap();
    }
}

pub(crate) struct Clients {
    world: Arc<World>,
    following: JoinSet<Client>,
}

impl Clients {
    /// Starts so many clients of each habit, and waits until each knows where it begins.
    pub(crate) async fn start(world: &Arc<World>, habits: &[(usize, Habit)]) -> Self {
        let (mut random, mut following) = (Random::new(7), JoinSet::new());
        for (count, habit) in habits {
            for _ in 0..*count {
                let seed = random.below(usize::MAX) as u64;
                following.spawn(Client::new(Arc::clone(world), seed, *habit).follow());
            }
        }
        let started = async {
            while world.started.load(SeqCst) < following.len() {
                if let Some(ended) = following.try_join_next() {
                    ended.unwrap();
                }
                sleep(Duration::from_millis(10)).await;
            }
        };
        guard(started).await;
        Self {
            world: Arc::clone(world),
            following,
        }
    }

    /// Disconnects all clients.
    pub(crate) async fn hold(&self) {
        self.world.gate.0.send_replace(false);
        let held = async {
            while self.world.visiting.load(SeqCst) > 0 {
                sleep(Duration::from_millis(10)).await;
            }
        };
        guard(held).await;
    }

    /// Lets them connect again.
    pub(crate) fn release(&self) {
        self.world.gate.0.send_replace(true);
    }

    /// Waits until all have the last event.
    pub(crate) async fn end(mut self) -> Vec<Client> {
        let mut clients = Vec::new();
        while let Some(client) = guard(self.following.join_next()).await {
            clients.push(client.unwrap());
        }
        clients
    }
}
