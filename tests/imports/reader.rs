//! Collects the imports of each file from the paths in it.

use syn::{
    Block, ImplItem, Item, ItemUse, Macro, Stmt,
    visit::{self, Visit},
};

use crate::{
    attributes::{of_impl_item, of_item, only_for_tests},
    graph::Graph,
    names::{Names, Path, imports},
    resolve::{Place, Resolver, Target},
    threads::bypasses_sync,
    tokens,
    tree::{Sources, Tree},
};

pub(crate) struct Imports {
    pub(crate) files: Graph,
    /// Each path that begins in the crate but names nothing, after its file.
    pub(crate) unresolved: Vec<String>,
    /// Each path to a lock, an atomic or a waker that is not taken from `crate::sync`, after its file.
    pub(crate) bypasses: Vec<String>,
}

impl Imports {
    pub(crate) fn read(sources: &Sources) -> Self {
        let tree = Tree::load(sources);
        let mut imports = Self {
            files: Graph::default(),
            unresolved: Vec::new(),
            bypasses: Vec::new(),
        };
        for (id, module) in tree.modules.iter().enumerate() {
            imports.files.add(&module.file);
            let mut reader = Reader {
                tree: &tree,
                module: id,
                blocks: Vec::new(),
                imports: &mut imports,
            };
            for item in &module.items {
                reader.visit_item(item);
            }
        }
        imports
    }
}

struct Reader<'a> {
    tree: &'a Tree,
    module: usize,
    /// The names that the enclosing blocks provide, outermost first.
    blocks: Vec<Names>,
    imports: &'a mut Imports,
}

impl Reader<'_> {
    fn read(&mut self, path: &Path) {
        for target in self.resolve(path) {
            if let Target::Item(module, name) = target {
                self.import(module, &name);
            }
        }
    }

    /// A glob depends on the module's whole file, whatever names are used.
    fn read_glob(&mut self, path: &Path) {
        for target in self.resolve(path) {
            match target {
                Target::Module(module) => self.import(module, "*"),
                Target::Item(module, name) => self.import(module, &name),
                Target::Outside => {}
            }
        }
    }

    fn resolve(&mut self, path: &Path) -> Vec<Target> {
        let place = Place {
            module: self.module,
            blocks: &self.blocks,
        };
        let targets = Resolver::new(self.tree).resolve(place, path);
        let file = &self.tree.modules[self.module].file;
        let fault = || format!("{file}: {}", path.join("::"));
        if targets.is_empty() {
            self.imports.unresolved.push(fault());
        }
        if bypasses_sync(file, path) {
            self.imports.bypasses.push(fault());
        }
        targets
    }

    fn import(&mut self, module: usize, name: &str) {
        let modules = &self.tree.modules;
        let (from, to) = (&modules[self.module].file, &modules[module].file);
        self.imports.files.import(from, to, name);
    }
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_item(&mut self, item: &'ast Item) {
        if !only_for_tests(of_item(item)) {
            visit::visit_item(self, item);
        }
    }

    fn visit_impl_item(&mut self, item: &'ast ImplItem) {
        if !only_for_tests(of_impl_item(item)) {
            visit::visit_impl_item(self, item);
        }
    }

    /// A re-export is no import, but must resolve. If the file also uses the name, that use counts.
    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        for import in imports(item) {
            if import.is_reexport {
                self.resolve(&import.path);
            } else if import.is_glob() {
                self.read_glob(&import.path);
            } else {
                self.read(&import.path);
            }
        }
    }

    fn visit_block(&mut self, block: &'ast Block) {
        let items = block.stmts.iter().filter_map(|statement| match statement {
            Stmt::Item(item) if !only_for_tests(of_item(item)) => Some(item),
            _ => None,
        });
        self.blocks.push(Names::of(items));
        visit::visit_block(self, block);
        self.blocks.pop();
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let start = path.leading_colon.as_ref().map(|_| String::new());
        let names = path
            .segments
            .iter()
            .map(|segment| segment.ident.to_string());
        self.read(&start.into_iter().chain(names).collect());
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast Macro) {
        for path in tokens::paths(call) {
            self.read(&path);
        }
        visit::visit_macro(self, call);
    }

    // Paths in `pub(in path)` and in attributes are no imports.
    fn visit_visibility(&mut self, _: &'ast syn::Visibility) {}
    fn visit_attribute(&mut self, _: &'ast syn::Attribute) {}
}
