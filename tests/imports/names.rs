//! The names that the items of a module or of a block provide there.

use std::collections::BTreeSet;

use syn::{Ident, Item, ItemUse, UseTree, Visibility};

use crate::tokens;

/// The segments of a path. A leading `::` is an empty first segment, which no item matches.
pub(crate) type Path = Vec<String>;

#[derive(Default)]
pub(crate) struct Names {
    /// Child modules, by their index in the tree. A name has several where `cfg` chooses among them.
    pub(crate) modules: Vec<(String, usize)>,
    pub(crate) defined: BTreeSet<String>,
    pub(crate) imports: Vec<Import>,
    /// The names in the arguments of macros, which may define items of those names.
    pub(crate) macro_arguments: BTreeSet<String>,
}

/// One leaf of a `use`.
pub(crate) struct Import {
    /// `*` for a glob.
    pub(crate) name: String,
    /// The path without that `*`.
    pub(crate) path: Path,
    pub(crate) is_reexport: bool,
}

impl Import {
    pub(crate) fn is_glob(&self) -> bool {
        self.name == "*"
    }
}

impl Names {
    pub(crate) fn of<'a>(items: impl IntoIterator<Item = &'a Item>) -> Self {
        let mut names = Self::default();
        for item in items {
            names.add(item);
        }
        names
    }

    fn add(&mut self, item: &Item) {
        match item {
            Item::Use(item) => self.imports.extend(imports(item)),
            Item::Macro(item) if item.ident.is_none() => {
                let names = tokens::names(&item.mac);
                self.macro_arguments.extend(names);
            }
            item => self.defined.extend(defined(item).map(Ident::to_string)),
        }
    }
}

fn defined(item: &Item) -> Option<&Ident> {
    match item {
        Item::Const(item) => Some(&item.ident),
        Item::Enum(item) => Some(&item.ident),
        Item::Fn(item) => Some(&item.sig.ident),
        Item::Macro(item) => item.ident.as_ref(),
        Item::Static(item) => Some(&item.ident),
        Item::Struct(item) => Some(&item.ident),
        Item::Trait(item) => Some(&item.ident),
        Item::TraitAlias(item) => Some(&item.ident),
        Item::Type(item) => Some(&item.ident),
        Item::Union(item) => Some(&item.ident),
        _ => None,
    }
}

/// Returns the leaves of a `use`.
pub(crate) fn imports(item: &ItemUse) -> Vec<Import> {
    let mut leaves = Vec::new();
    let start = Path::from_iter(item.leading_colon.as_ref().map(|_| String::new()));
    add_leaves(&item.tree, &start, &mut leaves);
    let is_reexport = !matches!(item.vis, Visibility::Inherited);
    let import = |(name, path)| Import {
        name,
        path,
        is_reexport,
    };
    leaves.into_iter().map(import).collect()
}

fn add_leaves(tree: &UseTree, prefix: &Path, leaves: &mut Vec<(String, Path)>) {
    match tree {
        UseTree::Path(path) => add_leaves(&path.tree, &joined(prefix, &path.ident), leaves),
        UseTree::Name(leaf) => {
            let path = joined(prefix, &leaf.ident);
            leaves.extend(path.last().cloned().map(|name| (name, path)));
        }
        UseTree::Rename(leaf) => {
            leaves.push((leaf.rename.to_string(), joined(prefix, &leaf.ident)));
        }
        UseTree::Glob(_) => leaves.push(("*".to_owned(), prefix.clone())),
        UseTree::Group(group) => {
            for tree in &group.items {
                add_leaves(tree, prefix, leaves);
            }
        }
    }
}

/// A `self` at the end names the path before it: `use crate::layer::{self}`.
fn joined(prefix: &Path, name: &Ident) -> Path {
    let mut path = prefix.clone();
    if prefix.is_empty() || name != "self" {
        path.push(name.to_string());
    }
    path
}
