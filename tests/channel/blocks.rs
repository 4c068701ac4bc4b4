//! Reads blocks of the wire one by one: an id counts only for the block that it is in.

use tower_sse::{Hub, HubOptions, Subscription};

use crate::{hub::hub_options, support::*};

/// Returns the blocks that are ready, each as `name: data#number`. Blank are a name and an id that it does
/// not have; a line end of the data is `|`.
pub(crate) fn blocks(subscription: &mut Subscription) -> Vec<String> {
    blocks_of(&wire(subscription))
}

pub(crate) fn blocks_of(wire: &str) -> Vec<String> {
    wire.split_terminator("\n\n").map(block).collect()
}

fn block(text: &str) -> String {
    let (mut name, mut data, mut id) = (String::new(), Vec::new(), String::new());
    for line in text.lines() {
        match line.split_once(": ").unwrap() {
            ("event", value) => name = format!("{value}: "),
            ("data", value) => data.push(number_of(value).unwrap_or_else(|| value.to_owned())),
            ("id", value) => id = number_of(value).unwrap(),
            other => panic!("{other:?}"),
        }
    }
    format!("{name}{}{id}", data.join("|"))
}

/// Shortens an id of a hub.
fn number_of(id: &str) -> Option<String> {
    let (epoch, number) = id.split_once(['-', '.'])?;
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    (epoch.len() == 6 && is_number).then(|| format!("#{number}"))
}

/// Returns the id of a hub with this number.
pub(crate) fn id(hub: &Hub, number: u64) -> tower_sse::EventId {
    sibling(&hub.last_id(), number).try_into().unwrap()
}

/// Publishes an event in each of these channels, whose data is the channel's name and the number.
pub(crate) fn fill(hub: &Hub, names: &[&str]) {
    for name in names {
        let number = parts(&hub.last_id()).1 + 1;
        let event = tower_sse::Event::new(format!("{name}{number}"));
        hub.publish([name], &event).unwrap();
    }
}

/// Options of a hub with channels of each kind, by the first letter of their names: `e` is ephemeral, `n`
/// has no ids, `w` no history, `k` is keyed.
pub(crate) fn kinds() -> HubOptions {
    let keys = 100.try_into().unwrap();
    hub_options(100).each(move |name, options| match &name[..1] {
        "e" => options.ephemeral(),
        "n" => options.without_ids(),
        "w" => options.without_history(),
        "k" => options.keyed(keys, tower_sse::KeyPolicy::reject()),
        _ => options,
    })
}

/// Returns the id of a keyed channel with this number.
pub(crate) fn keyed_id(hub: &Hub, number: u64) -> tower_sse::EventId {
    let id = sibling(&hub.last_id(), number).replace('-', ".");
    id.try_into().unwrap()
}
