//! The rooms of `src/` (each folder, and each file that is in no folder) and their order.

use std::collections::BTreeSet;

use crate::{circles, graph::Graph};

/// The rooms in their order, each with its purpose. A room imports only itself and earlier rooms.
pub(crate) const ORDER: &[(&str, &str)] = &[
    ("sync", "locks, atomics and wakers"),
    ("event", "an event, and how it is encoded"),
    ("time", "the timer, and waits by it"),
    ("close_reason", "why a stream ended"),
    ("error", "the error of a body"),
    ("wire", "where events begin and end in bytes"),
    ("headers", "those of requests and of responses"),
    ("report", "what callbacks and metrics receive"),
    ("policy", "what the user sets"),
    ("shutdown", "ends the open streams"),
    ("socket", "the connection below a stream"),
    ("stream", "a body made of a stream of events"),
    ("event_map", "the events of other code, one by one"),
    ("early", "a head before the answer"),
    ("store", "what several nodes share"),
    ("channel", "one feed for many clients"),
    ("generation", "an answer that outlives its connection"),
    ("layer", "the middleware"),
    ("axum", "axum's traits"),
    ("tokio", "tokio's timer"),
    ("guide", "documentation only"),
    ("lib", "declares and re-exports"),
];

/// Returns the room of a file: `event` for `event/id.rs`, `error` for `error.rs`.
pub(crate) fn room(file: &str) -> &str {
    let room = file.split('/').next().unwrap_or(file);
    room.strip_suffix(".rs").unwrap_or(room)
}

/// Returns the imports of files as imports of their rooms.
pub(crate) fn graph(files: &Graph) -> Graph {
    let mut rooms = Graph::default();
    files.nodes().for_each(|file| rooms.add(room(file)));
    for (from, to) in files.edges() {
        for name in files.names(from, to) {
            rooms.import(room(from), room(to), name);
        }
    }
    rooms
}

/// Returns the rooms that are not both in `order` and in the sources, and the imports of a later room.
pub(crate) fn faults(files: &Graph, order: &[&str]) -> Vec<String> {
    let rooms: BTreeSet<_> = files.nodes().map(room).collect();
    let unlisted = rooms.iter().filter(|room| !order.contains(room));
    let unlisted = unlisted.map(|room| format!("{room} is not in the list of rooms"));
    let absent = order.iter().filter(|room| !rooms.contains(*room));
    let absent = absent.map(|room| format!("{room} is in the list of rooms, but not in src/"));
    unlisted
        .chain(absent)
        .chain(running_up(files, order))
        .collect()
}

/// Rooms that do not import each other, although one comes before the other: a subscription works
/// without the layer, and the layer around any stream. They meet in `stream/`.
pub(crate) const APART: (&str, &str) = ("channel", "layer");

/// Returns the imports between two rooms, in either direction.
pub(crate) fn between(files: &Graph, rooms: (&str, &str)) -> Vec<String> {
    let edges = files.edges().filter(|(from, to)| {
        let (from, to) = (room(from), room(to));
        (from, to) == rooms || (to, from) == rooms
    });
    edges.map(|(from, to)| files.edge(from, to)).collect()
}

fn running_up(files: &Graph, order: &[&str]) -> Vec<String> {
    let height = |file: &str| order.iter().position(|name| *name == room(file));
    let edges = files.edges().filter(|(from, to)| {
        // A room that is not in the list is reported already.
        let heights = height(from).zip(height(to));
        heights.is_some_and(|(from, to)| from < to)
    });
    edges
        .map(|(from, to)| format!("{} runs up", files.edge(from, to)))
        .collect()
}

pub(crate) fn summary(files: &Graph) -> String {
    let sizes = circles::sizes(files);
    let rooms = graph(files);
    format!(
        "{} files, {} of them in circles (of {sizes:?}), {} in no folder; {} imports\n\
         {} rooms, in circles {:?}; {} imports",
        files.nodes().count(),
        sizes.iter().sum::<usize>(),
        files.nodes().filter(|file| !file.contains('/')).count(),
        files.edges().count(),
        rooms.nodes().count(),
        circles::sizes(&rooms),
        rooms.edges().count(),
    )
}
