use std::{cell::RefCell, rc::Rc, time::Duration};

use tower_sse::{Hub, Stored, store::Epoch};

use super::{executor::NodeExecutor, wire::WireId, world::World};
use crate::random::Random;

/// The places of hubs, some of which have one.
#[derive(Default)]
pub(super) struct Nodes(RefCell<Vec<Place>>);

#[derive(Default)]
struct Place {
    node: Option<Node>,
    /// The number of hubs that the place has had.
    generation: u64,
}

pub(super) struct Node {
    pub(super) hub: Hub<Stored>,
    executor: NodeExecutor,
}

/// One hub of a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct NodeId {
    pub(super) place: usize,
    pub(super) generation: u64,
}

impl Nodes {
    pub(super) fn add_place(&self) -> usize {
        let mut places = self.0.borrow_mut();
        places.push(Place::default());
        places.len() - 1
    }

    /// Draws one of the hubs that are open.
    pub(super) fn draw(&self, random: &mut Random) -> Option<NodeId> {
        let places = self.0.borrow();
        let open = places
            .iter()
            .enumerate()
            .filter(|(_, place)| place.node.is_some());
        let open: Vec<_> = open
            .map(|(place, at)| NodeId {
                place,
                generation: at.generation,
            })
            .collect();
        (!open.is_empty()).then(|| open[random.below(open.len())])
    }

    pub(super) fn are_open(&self) -> bool {
        self.0.borrow().iter().all(|place| place.node.is_some())
    }

    /// Uses a hub, unless it is gone.
    pub(super) fn with<R>(&self, id: NodeId, work: impl FnOnce(&Hub<Stored>) -> R) -> Option<R> {
        let places = self.0.borrow();
        let place = &places[id.place];
        let node = place
            .node
            .as_ref()
            .filter(|_| place.generation == id.generation)?;
        Some(work(&node.hub))
    }

    /// Returns the epoch and the position of a hub, unless it is gone.
    pub(super) fn position(&self, id: NodeId) -> Option<(Epoch, u64)> {
        self.with(id, |hub| {
            let id = WireId::parse(hub.last_id().as_str());
            (id.epoch, id.number)
        })
    }

    /// Ends a hub: its process dies, or it is closed.
    pub(super) fn end(&self, place: usize, is_killed: bool) -> bool {
        let node = self.0.borrow_mut()[place].node.take();
        let Some(node) = node else { return false };
        if is_killed {
            node.executor.kill();
        }
        drop(node);
        true
    }
}

/// Opens a hub, as often as necessary.
pub(super) async fn open(world: Rc<World>, place: usize, after: Duration) {
    tokio::time::sleep(after).await;
    loop {
        let executor = NodeExecutor::default();
        let options = world.settings.hub_options(executor.clone());
        let opened = Hub::open(world.store.clone(), options).await;
        world.note(|| {
            format!(
                "node {place} opens: {:?}",
                opened.as_ref().map(Hub::last_id)
            )
        });
        if let Ok(hub) = opened {
            let place = &mut world.nodes.0.borrow_mut()[place];
            place.generation += 1;
            place.node = Some(Node { hub, executor });
            return;
        }
        executor.kill();
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
