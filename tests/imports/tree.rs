//! Loads the tree of modules, from `lib.rs` down.

use std::collections::BTreeMap;

use syn::{Item, ItemMod};

use crate::{
    attributes::{of_item, only_for_tests, path_attribute},
    names::Names,
};

/// The text of each file, by its path from `src/` on.
pub(crate) type Sources = BTreeMap<String, String>;

pub(crate) struct Tree {
    /// Other parts refer to a module by its index here. `lib.rs` is the first.
    pub(crate) modules: Vec<Module>,
}

/// A module with a file of its own, or an inline one within the file of another.
pub(crate) struct Module {
    pub(crate) file: String,
    pub(crate) parent: Option<usize>,
    pub(crate) names: Names,
    /// The items without modules, and without what only tests compile.
    pub(crate) items: Vec<Item>,
}

impl Tree {
    pub(crate) fn load(sources: &Sources) -> Self {
        let mut loader = Loader {
            sources,
            modules: Vec::new(),
        };
        loader.load_file("lib.rs", "", None);
        Self {
            modules: loader.modules,
        }
    }
}

struct Loader<'a> {
    sources: &'a Sources,
    modules: Vec<Module>,
}

impl Loader<'_> {
    /// Loads a file whose child modules have their files in `folder`: `""`, or a path that ends in `/`.
    fn load_file(&mut self, file: &str, folder: &str, parent: Option<usize>) -> usize {
        let text = &self.sources[file];
        let parsed = syn::parse_file(text).unwrap_or_else(|error| panic!("{file}: {error}"));
        self.load(file, folder, parent, parsed.items)
    }

    fn load(&mut self, file: &str, folder: &str, parent: Option<usize>, items: Vec<Item>) -> usize {
        let (modules, items): (Vec<_>, Vec<_>) = items
            .into_iter()
            .filter(|item| !only_for_tests(of_item(item)))
            .partition(|item| matches!(item, Item::Mod(_)));
        let id = self.modules.len();
        self.modules.push(Module {
            file: file.to_owned(),
            parent,
            names: Names::of(&items),
            items,
        });
        for item in modules {
            let Item::Mod(item) = item else { continue };
            let name = item.ident.to_string();
            let child = self.load_child(file, folder, id, item);
            self.modules[id].names.modules.push((name, child));
        }
        id
    }

    fn load_child(&mut self, file: &str, folder: &str, parent: usize, item: ItemMod) -> usize {
        let inner = format!("{folder}{}/", item.ident);
        if let Some((_, items)) = item.content {
            return self.load(file, &inner, Some(parent), items);
        }
        if let Some(path) = path_attribute(&item.attrs) {
            let path = format!("{}{path}", folder_of(file));
            return self.load_file(&path, folder_of(&path), Some(parent));
        }
        let path = self.file_of(folder, &item);
        self.load_file(&path, &inner, Some(parent))
    }

    fn file_of(&self, folder: &str, item: &ItemMod) -> String {
        let name = &item.ident;
        [
            format!("{folder}{name}.rs"),
            format!("{folder}{name}/mod.rs"),
        ]
        .into_iter()
        .find(|path| self.sources.contains_key(path))
        .unwrap_or_else(|| panic!("no file for `mod {name};` in {folder}"))
    }
}

/// Returns the folder of a file: `""`, or a path that ends in `/`.
fn folder_of(file: &str) -> &str {
    file.rfind('/').map_or("", |slash| &file[..=slash])
}
