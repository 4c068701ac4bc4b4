use std::{cell::Cell, collections::BTreeMap, rc::Rc, time::Duration};

use tower_sse::{ChannelStart, EventId};

use super::{
    settings::{EPHEMERAL, KEYED, WINDOWS, chance, millis},
    wire::WireId,
    world::World,
};
use crate::random::Random;

/// A channel that a client asks for.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) channel: String,
    pub(super) origin: Origin,
    pub(super) added_at: Option<WireId>,
}

/// Where a client begins in a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    Resume,
    Live,
    Replay,
    Since(WireId),
}

/// The channels of a named client, as its application remembers them.
#[derive(Default)]
pub(super) struct Grants {
    pub(super) channels: BTreeMap<String, Asked>,
    /// Whether the outcome of a change is not known.
    pub(super) is_in_doubt: Cell<bool>,
    /// The channels that were ever added or removed.
    pub(super) changed: Vec<String>,
}

impl Asked {
    pub(super) fn new(channel: &str, origin: Origin) -> Self {
        Self {
            channel: channel.to_owned(),
            origin,
            added_at: None,
        }
    }

    pub(super) fn start(&self) -> ChannelStart {
        let channel = &*self.channel;
        let start = match &self.origin {
            Origin::Resume => ChannelStart::resume(channel),
            Origin::Live => ChannelStart::live(channel),
            Origin::Replay => ChannelStart::replay(channel),
            Origin::Since(id) => ChannelStart::since(channel, event_id(id)),
        };
        match &self.added_at {
            Some(id) => start.added_at(event_id(id)),
            None => start,
        }
    }
}

pub(super) fn event_id(id: &WireId) -> EventId {
    id.text.clone().try_into().unwrap()
}

/// Adds and removes channels of a named client, one after the other, until the history ends.
pub(super) async fn change_forever(world: Rc<World>, name: String, mut random: Random) {
    while !world.is_ending.get() {
        tokio::time::sleep(millis(&mut random, 800)).await;
        if !world.is_ending.get() {
            change(&world, &name, &mut random).await;
        }
    }
}

async fn change(world: &World, name: &str, random: &mut Random) {
    let all = [&WINDOWS[1..], &[EPHEMERAL, KEYED]].concat();
    let channel = all[random.below(all.len())];
    let asked = {
        let mut grants = world.grants.borrow_mut();
        let grants = grants.get_mut(name).unwrap();
        grants.is_in_doubt.set(true);
        grants.changed.push(channel.to_owned());
        let is_granted = grants.channels.contains_key(channel);
        (!is_granted || chance(random, 200)).then(|| draw_start(world, channel, random))
    };
    let at = make(world, name, channel, asked.as_ref(), random).await;
    world.note(|| format!("{name}: {channel} changes to {asked:?} at {at:?}"));
    let mut grants = world.grants.borrow_mut();
    let grants = grants.get_mut(name).unwrap();
    grants.is_in_doubt.set(false);
    match asked {
        Some(asked) => {
            let asked = Asked {
                added_at: Some(at),
                ..asked
            };
            grants.channels.insert(channel.to_owned(), asked);
        }
        None => drop(grants.channels.remove(channel)),
    }
}

fn draw_start(world: &World, channel: &str, random: &mut Random) -> Asked {
    let origin = match random.below(3) {
        _ if channel == KEYED => [Origin::Resume, Origin::Replay][random.below(2)].clone(),
        0 => Origin::Live,
        1 => Origin::Replay,
        _ => match world.nodes.draw(random).and_then(|node| {
            world
                .nodes
                .with(node, |hub| WireId::parse(hub.last_id().as_str()))
        }) {
            Some(id) => Origin::Since(id),
            None => Origin::Replay,
        },
    };
    Asked::new(channel, origin)
}

/// Makes a change, as often as necessary. Returns its position.
async fn make(
    world: &World,
    name: &str,
    channel: &str,
    asked: Option<&Asked>,
    random: &mut Random,
) -> WireId {
    loop {
        let subscribers = world.nodes.draw(random).and_then(|node| {
            world.note(|| {
                format!(
                    "{name}: {channel} is to be {asked:?} at node {}",
                    node.place
                )
            });
            world.nodes.with(node, |hub| hub.subscribers(name))
        });
        if let Some(subscribers) = subscribers {
            let changed = match asked {
                Some(asked) => subscribers.add(asked.start()).await,
                None => subscribers.remove(channel).await,
            };
            match changed {
                Ok(id) => return WireId::parse(id.as_str()),
                Err(error) => world.note(|| format!("{name}: {channel}: {error:?}")),
            }
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
