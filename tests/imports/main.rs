//! Checks how the files of `src/` import each other: no circle of files, no circle of rooms, and
//! each room imports only earlier rooms. Locks and atomics come from `crate::sync`.
//!
//! An import counts for the file that defines the item, however many re-exports lie in between:
//! `crate::Channel` is an import of `channel/channel.rs`, not of `lib.rs`. Unit tests may import
//! anything. `cargo test --test imports -- --nocapture` prints a summary.
//!
//! The check reads paths. It does not see a method called on a value, what a macro expands to, or a
//! single name in a macro's arguments, unless a `use` imports that name.

mod attributes;
mod circles;
mod document;
mod faults;
mod graph;
mod names;
mod paths;
mod reader;
mod resolve;
mod rooms;
mod threads;
mod tokens;
mod tree;

use std::{fs, path::Path, sync::LazyLock};

use self::{reader::Imports, tree::Sources};

static IMPORTS: LazyLock<Imports> = LazyLock::new(|| {
    let imports = Imports::read(&sources());
    println!("{}", rooms::summary(&imports.files));
    imports
});

/// An import that cannot be resolved is missing from the other tests.
#[test]
fn every_path_resolves_to_a_file() {
    assert_none("unresolved paths", &IMPORTS.unresolved);
}

/// Loom does not know a lock from elsewhere.
#[test]
fn locks_and_atomics_come_from_the_room_for_them() {
    assert_none("locks from elsewhere", &IMPORTS.bypasses);
}

#[test]
fn no_files_import_each_other_in_a_circle() {
    let circles = circles::report(&IMPORTS.files, "files");
    assert_none("circles of files", &circles);
}

#[test]
fn no_rooms_import_each_other_in_a_circle() {
    let circles = circles::report(&rooms::graph(&IMPORTS.files), "rooms");
    assert_none("circles of rooms", &circles);
}

#[test]
fn imports_run_one_way() {
    let order: Vec<_> = rooms::ORDER.iter().map(|(room, _)| *room).collect();
    assert_none(
        "faults in the order of rooms",
        &rooms::faults(&IMPORTS.files, &order),
    );
}

#[test]
fn channels_and_the_layer_do_not_import_each_other() {
    let imports = rooms::between(&IMPORTS.files, rooms::APART);
    assert_none("imports between channel/ and layer/", &imports);
}

fn assert_none(what: &str, faults: &[String]) {
    let (count, list) = (faults.len(), faults.join("\n"));
    assert!(faults.is_empty(), "{what}: {count}\n{list}\n");
}

fn sources() -> Sources {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut sources = Sources::new();
    read_folder(&root, "", &mut sources);
    sources
}

fn read_folder(folder: &Path, prefix: &str, sources: &mut Sources) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.is_dir() {
            read_folder(&path, &format!("{prefix}{name}/"), sources);
        } else if name.ends_with(".rs") {
            let text = fs::read_to_string(&path).unwrap();
            sources.insert(format!("{prefix}{name}"), text);
        }
    }
}
