use std::{collections::BTreeMap, rc::Rc, time::Duration};

use tower_sse::{
    Event, PublishError,
    store::{StoreErrorKind, Topic},
};

use super::{
    nodes::NodeId,
    settings::{EPHEMERAL, KEYED, WINDOWS, chance, millis, names},
    truth::Place,
    wire::WireId,
    world::World,
};
use crate::random::Random;

/// What a publisher was answered.
pub(super) struct Outcome {
    pub(super) payload: u64,
    pub(super) node: NodeId,
    pub(super) is_keyed: bool,
    pub(super) result: Result<Place, PublishError>,
}

/// Publishes an event at a random hub. It returns at once.
pub(super) fn publish(world: &Rc<World>, random: &mut Random) {
    let Some(node) = world.nodes.draw(random) else {
        return;
    };
    match random.below(100) {
        0..=9 => publish_to(world, random, node, vec![EPHEMERAL]),
        10..=29 => publish_key(world, random, node),
        30..=34 => remove_key(world, random, node),
        _ => {
            let mut to = names(random, &WINDOWS, 2);
            if chance(random, 50) {
                to.push(EPHEMERAL);
            }
            publish_to(world, random, node, to);
        }
    }
}

pub(super) fn publish_to(
    world: &Rc<World>,
    random: &mut Random,
    node: NodeId,
    to: Vec<&'static str>,
) {
    let payload = world.draw_payload();
    world.note(|| format!("publish {payload} to {to:?} at node {}", node.place));
    let event = Event::new(format!("n {payload}"));
    let publishing = world
        .nodes
        .with(node, |hub| hub.publish(to, &event))
        .unwrap();
    let gives_up = chance(random, 50).then(|| millis(random, 30));
    let world = Rc::clone(world);
    tokio::task::spawn_local(async move {
        let publishing = async { publishing.await.map(|id| place(&id)) };
        let answer = answer(publishing, gives_up).await;
        answer
            .into_iter()
            .for_each(|result| world.answer(payload, node, false, result));
    });
}

fn publish_key(world: &Rc<World>, random: &mut Random, node: NodeId) {
    let (payload, key) = (world.draw_payload(), key(random));
    world.note(|| format!("publish {payload} of key {key} at node {}", node.place));
    let event = Event::new(format!("{key} {payload}"));
    let channel = world
        .nodes
        .with(node, |hub| hub.keyed_channel::<Event>(KEYED));
    let channel = channel.unwrap().unwrap();
    let gives_up = chance(random, 50).then(|| millis(random, 30));
    let world = Rc::clone(world);
    tokio::task::spawn_local(async move {
        let publishing = async { channel.publish(key, event).await.map(|id| place(&id)) };
        let answer = answer(publishing, gives_up).await;
        answer
            .into_iter()
            .for_each(|result| world.answer(payload, node, true, result));
    });
}

fn remove_key(world: &Rc<World>, random: &mut Random, node: NodeId) {
    let key = key(random);
    world.note(|| format!("remove key {key} at node {}", node.place));
    let channel = world
        .nodes
        .with(node, |hub| hub.keyed_channel::<Event>(KEYED));
    let channel = channel.unwrap().unwrap();
    tokio::task::spawn_local(async move { drop(channel.remove(key).await) });
}

fn key(random: &mut Random) -> &'static str {
    ["p", "q", "r", "s", "t", "u"][random.below(6)]
}

fn place(id: &tower_sse::EventId) -> Place {
    let id = WireId::parse(id.as_str());
    (id.epoch, id.number)
}

async fn answer<T>(
    publishing: impl Future<Output = Result<T, PublishError>>,
    gives_up: Option<Duration>,
) -> Option<Result<T, PublishError>> {
    match gives_up {
        Some(after) => tokio::time::timeout(after, publishing).await.ok(),
        None => Some(publishing.await),
    }
}

impl World {
    fn answer(
        &self,
        payload: u64,
        node: NodeId,
        is_keyed: bool,
        result: Result<Place, PublishError>,
    ) {
        self.note(|| format!("{payload} is answered: {result:?}"));
        self.outcomes.borrow_mut().push(Outcome {
            payload,
            node,
            is_keyed,
            result,
        });
    }

    /// Checks what publishers were answered.
    pub(super) fn check_outcomes(&self) {
        let (truth, outcomes) = (self.recorder.truth(), self.outcomes.borrow());
        let mut places: BTreeMap<u64, Vec<(Place, bool)>> = BTreeMap::new();
        for (place, fact) in truth.facts.iter().filter(|(_, fact)| fact.payload > 0) {
            places
                .entry(fact.payload)
                .or_default()
                .push((*place, fact.is_lost));
        }
        for (payload, places) in &places {
            let mut kept: Vec<_> = places.iter().filter(|(_, is_lost)| !is_lost).collect();
            let count = kept.len();
            kept.dedup_by_key(|((epoch, _), _)| *epoch);
            assert_eq!(kept.len(), count, "{payload} was stored twice");
            let most = 1 + truth.losses + truth.wipes;
            assert!(places.len() as u64 <= most, "{payload} was stored twice");
        }
        let mut last: BTreeMap<NodeId, (u64, u64)> = BTreeMap::new();
        let mut answered: Vec<_> = outcomes.iter().collect();
        answered.sort_by_key(|outcome| outcome.payload);
        for outcome in answered {
            match &outcome.result {
                Ok(place) => {
                    let fact = truth.fact(*place);
                    assert_eq!(fact.payload, outcome.payload, "the id of another event");
                    assert!(!fact.is_lost || truth.losses > 0);
                    if truth.wipes == 0 && !outcome.is_keyed {
                        let before = last.insert(outcome.node, (outcome.payload, place.1));
                        assert!(
                            before.is_none_or(|(_, position)| position < place.1),
                            "{} is stored before {before:?}",
                            outcome.payload
                        );
                    }
                }
                Err(PublishError::Store(error)) if error.kind() == StoreErrorKind::Unknown => {}
                Err(error) => assert!(
                    !places.contains_key(&outcome.payload),
                    "{} is stored after {error:?}",
                    outcome.payload
                ),
            }
        }
    }

    /// Returns the places of all publishes that have returned `Ok`.
    pub(super) fn acknowledged(&self) -> Vec<Place> {
        let outcomes = self.outcomes.borrow();
        let places = outcomes
            .iter()
            .filter_map(|outcome| outcome.result.as_ref().ok());
        places.copied().collect()
    }
}

/// Returns the topic of a channel.
pub(super) fn topic(channel: &str) -> Topic {
    channel.into()
}
