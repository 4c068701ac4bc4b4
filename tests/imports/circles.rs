//! Finds the circles of a graph.

use std::collections::{BTreeMap, BTreeSet};

use crate::graph::Graph;

/// For each node, the nodes that it imports, directly or through others, each with the node before it
/// on a shortest way.
type Reached<'a> = BTreeMap<&'a str, BTreeMap<&'a str, &'a str>>;

/// Describes each group of nodes that all import each other, directly or through others: its size,
/// and one of its shortest circles.
pub(crate) fn report(graph: &Graph, what: &str) -> Vec<String> {
    let reached = reached(graph);
    let groups = groups(&reached).into_iter();
    groups
        .map(|group| describe(graph, &reached, &group, what))
        .collect()
}

/// Returns the sizes of those groups, the largest first.
pub(crate) fn sizes(graph: &Graph) -> Vec<usize> {
    let groups = groups(&reached(graph));
    let mut sizes: Vec<_> = groups.iter().map(BTreeSet::len).collect();
    sizes.sort_by(|a, b| b.cmp(a));
    sizes
}

fn reached(graph: &Graph) -> Reached<'_> {
    let nodes = graph.nodes();
    nodes.map(|node| (node, graph.reached_from(node))).collect()
}

fn groups<'a>(reached: &Reached<'a>) -> Vec<BTreeSet<&'a str>> {
    let reaches = |from: &str, to: &str| reached[from].contains_key(to);
    let mut left: BTreeSet<_> = reached.keys().copied().collect();
    left.retain(|node| reaches(node, node));
    let mut groups = Vec::new();
    while let Some(first) = left.first().copied() {
        let both = |node: &&str| reaches(first, node) && reaches(node, first);
        let group: BTreeSet<_> = left.iter().copied().filter(both).collect();
        left.retain(|node| !group.contains(node));
        groups.push(group);
    }
    groups
}

fn describe(graph: &Graph, reached: &Reached<'_>, group: &BTreeSet<&str>, what: &str) -> String {
    let circles = group.iter().map(|node| circle(&reached[node], node));
    let shortest = circles.min_by_key(Vec::len).unwrap_or_default();
    let mut text = format!("{} {what} in a circle, the shortest:", group.len());
    for (from, to) in shortest {
        text += &format!("\n    {}", graph.edge(from, to));
    }
    text
}

/// Returns the imports from a node back to itself, found from the last to the first.
fn circle<'a>(before: &BTreeMap<&'a str, &'a str>, node: &'a str) -> Vec<(&'a str, &'a str)> {
    let mut circle = vec![(before[node], node)];
    while let Some((to, _)) = circle.last().filter(|(from, _)| *from != node) {
        circle.push((before[to], to));
    }
    circle.reverse();
    circle
}
