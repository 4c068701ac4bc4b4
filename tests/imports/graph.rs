//! A graph of imports, between files or between rooms.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

#[derive(Default)]
pub(crate) struct Graph {
    /// What each imports, and by which names.
    imports: BTreeMap<String, BTreeMap<String, BTreeSet<String>>>,
}

impl Graph {
    pub(crate) fn add(&mut self, node: &str) {
        self.imports.entry(node.to_owned()).or_default();
    }

    /// Adds an import. What a file uses of its own is none.
    pub(crate) fn import(&mut self, from: &str, to: &str, name: &str) {
        if from == to {
            return;
        }
        self.add(to);
        let imports = self.imports.entry(from.to_owned()).or_default();
        let names = imports.entry(to.to_owned()).or_default();
        names.insert(name.to_owned());
    }

    pub(crate) fn nodes(&self) -> impl Iterator<Item = &str> {
        self.imports.keys().map(String::as_str)
    }

    pub(crate) fn of(&self, node: &str) -> impl Iterator<Item = &str> {
        self.imports[node].keys().map(String::as_str)
    }

    pub(crate) fn edges(&self) -> impl Iterator<Item = (&str, &str)> {
        self.nodes()
            .flat_map(|from| self.of(from).map(move |to| (from, to)))
    }

    pub(crate) fn names(&self, from: &str, to: &str) -> impl Iterator<Item = &str> {
        self.imports[from][to].iter().map(String::as_str)
    }

    /// Writes an import as `from -> to (Name, Name)`.
    pub(crate) fn edge(&self, from: &str, to: &str) -> String {
        let names: Vec<_> = self.names(from, to).collect();
        format!("{from} -> {to} ({})", names.join(", "))
    }

    /// Returns the nodes that `start` imports, directly or through others, each with the node before
    /// it on a shortest way. `start` is among them if it is in a circle.
    pub(crate) fn reached_from<'a>(&'a self, start: &'a str) -> BTreeMap<&'a str, &'a str> {
        let mut reached = BTreeMap::new();
        let mut queue = VecDeque::from([start]);
        while let Some(from) = queue.pop_front() {
            for to in self.of(from) {
                reached.entry(to).or_insert_with(|| {
                    queue.push_back(to);
                    from
                });
            }
        }
        reached
    }
}
