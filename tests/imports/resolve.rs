//! Resolves a path to the items that it names.

use std::ptr;

use crate::{
    names::{Import, Names},
    tree::{Module, Tree},
};

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Target {
    Module(usize),
    /// An item of a module, or a variant or an associated item of it.
    Item(usize, String),
    /// Another crate's, a primitive, a type parameter or a variable.
    Outside,
}

/// Where a path is written.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) module: usize,
    /// The names that the enclosing blocks provide, outermost first.
    pub(crate) blocks: &'a [Names],
}

pub(crate) struct Resolver<'a> {
    tree: &'a Tree,
    /// The imports that are being followed, each with the name that is looked up: `use stop::stop;`
    /// looks up `stop`, and must not find itself.
    following: Vec<(&'a Import, String)>,
}

impl<'a> Resolver<'a> {
    pub(crate) fn new(tree: &'a Tree) -> Self {
        Self {
            tree,
            following: Vec::new(),
        }
    }

    /// Returns everything that a path may name: a module and a function can share a name, and `cfg`
    /// can choose among several items. Empty if the path begins in the crate, but names nothing.
    pub(crate) fn resolve(&mut self, place: Place<'a>, path: &[String]) -> Vec<Target> {
        let Some((first, rest)) = path.split_first() else {
            return vec![Target::Module(place.module)];
        };
        let mut targets = self.first(place, first);
        for name in rest {
            // A function or a macro that shares the module's name contains nothing.
            if targets.iter().any(is_module) {
                targets.retain(is_module);
            }
            targets = self.within_all(targets, name);
        }
        targets
    }

    fn first(&mut self, place: Place<'a>, name: &str) -> Vec<Target> {
        match name {
            "crate" => vec![Target::Module(0)],
            "self" => vec![Target::Module(place.module)],
            "super" => self.parent(place.module),
            name => self.unqualified(place, name),
        }
    }

    /// A name that no item or import provides is another crate's, the prelude's, or a variable's.
    fn unqualified(&mut self, place: Place<'a>, name: &str) -> Vec<Target> {
        for names in place.blocks.iter().rev() {
            let found = self.named(names, place, name);
            if !found.is_empty() {
                return found;
            }
        }
        let found = self.in_module(place.module, name);
        if found.is_empty() {
            vec![Target::Outside]
        } else {
            found
        }
    }

    fn within_all(&mut self, targets: Vec<Target>, name: &str) -> Vec<Target> {
        let mut found: Vec<_> = targets
            .into_iter()
            .flat_map(|target| self.within(target, name))
            .collect();
        found.sort();
        found.dedup();
        found
    }

    fn within(&mut self, target: Target, name: &str) -> Vec<Target> {
        match target {
            Target::Module(module) if name == "super" => self.parent(module),
            Target::Module(module) => self.in_module(module, name),
            target => vec![target],
        }
    }

    fn parent(&self, module: usize) -> Vec<Target> {
        let parent = self.module(module).parent;
        parent.map(Target::Module).into_iter().collect()
    }

    fn in_module(&mut self, module: usize, name: &str) -> Vec<Target> {
        let place = Place {
            module,
            blocks: &[],
        };
        self.named(&self.module(module).names, place, name)
    }

    fn named(&mut self, names: &'a Names, place: Place<'a>, name: &str) -> Vec<Target> {
        let item = || Target::Item(place.module, name.to_owned());
        let modules = names.modules.iter().filter(|(module, _)| module == name);
        let mut found: Vec<_> = modules.map(|(_, id)| Target::Module(*id)).collect();
        found.extend(names.defined.contains(name).then(item));
        for import in names.imports.iter().filter(|import| import.name == name) {
            found.extend(self.follow(import, place, name));
        }
        if found.is_empty() {
            found = self.by_globs(names, place, name);
        }
        if found.is_empty() {
            found.extend(names.macro_arguments.contains(name).then(item));
        }
        found
    }

    /// Globs of an enum or of another crate provide no names here: which ones is not known.
    fn by_globs(&mut self, names: &'a Names, place: Place<'a>, name: &str) -> Vec<Target> {
        let mut found = Vec::new();
        for import in names.imports.iter().filter(|import| import.is_glob()) {
            let mut modules = self.follow(import, place, name);
            modules.retain(is_module);
            found.extend(self.within_all(modules, name));
        }
        found
    }

    fn follow(&mut self, import: &'a Import, place: Place<'a>, name: &str) -> Vec<Target> {
        let is_followed =
            |(other, wanted): &(&Import, String)| ptr::eq(*other, import) && wanted == name;
        if self.following.iter().any(is_followed) {
            return Vec::new();
        }
        self.following.push((import, name.to_owned()));
        let found = self.resolve(place, &import.path);
        self.following.pop();
        found
    }

    fn module(&self, id: usize) -> &'a Module {
        &self.tree.modules[id]
    }
}

fn is_module(target: &Target) -> bool {
    matches!(target, Target::Module(_))
}
