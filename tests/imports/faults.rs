//! Proves that the check finds faults, on small source trees.

use crate::{circles, reader::Imports, rooms};

/// Reads a tree of paths and texts.
pub(crate) fn read(files: &[(&str, &str)]) -> Imports {
    let owned = |(path, text): &(&str, &str)| (path.to_string(), text.to_string());
    Imports::read(&files.iter().map(owned).collect())
}

#[test]
fn a_circle_behind_reexports() {
    let imports = read(&[
        ("lib.rs", "mod feed; mod log; pub use self::feed::Feed;"),
        (
            "feed/mod.rs",
            "mod feed; mod gap; pub use feed::Feed; pub(crate) use self::gap::Gap;",
        ),
        (
            "feed/feed.rs",
            "use super::Gap; use crate::log::{self, Log}; pub struct Feed(Gap, Log);",
        ),
        ("feed/gap.rs", "pub struct Gap;"),
        (
            "log.rs",
            "pub struct Log; impl Log { fn feed(&self) -> Option<crate::Feed> { None } }",
        ),
    ]);

    assert_eq!(
        circles::report(&imports.files, "files"),
        ["2 files in a circle, the shortest:\
            \n    feed/feed.rs -> log.rs (Log)\
            \n    log.rs -> feed/feed.rs (Feed)"]
    );
    assert_eq!(
        circles::report(&rooms::graph(&imports.files), "rooms"),
        ["2 rooms in a circle, the shortest:\
            \n    feed -> log (Log)\
            \n    log -> feed (Feed)"]
    );
}

#[test]
fn the_shortest_circle_of_each_group() {
    let imports = read(&[
        ("lib.rs", "mod a; mod b; mod c; mod d; mod x; mod y;"),
        ("a.rs", "use crate::b::B; pub struct A;"),
        ("b.rs", "use crate::c::C; pub struct B;"),
        ("c.rs", "use crate::{a::A, d::{D, of}}; pub struct C;"),
        ("d.rs", "use crate::c::C; pub struct D; pub fn of() {}"),
        ("x.rs", "use crate::{a::A, y::Y}; pub struct X;"),
        ("y.rs", "use crate::x::X; pub struct Y;"),
    ]);

    assert_eq!(
        circles::report(&imports.files, "files"),
        [
            "4 files in a circle, the shortest:\
                \n    c.rs -> d.rs (D, of)\
                \n    d.rs -> c.rs (C)",
            "2 files in a circle, the shortest:\
                \n    x.rs -> y.rs (Y)\
                \n    y.rs -> x.rs (X)",
        ]
    );
    assert_eq!(circles::sizes(&imports.files), [4, 2]);
}

#[test]
fn imports_that_run_up_and_rooms_that_are_not_shared() {
    let imports = read(&[
        ("lib.rs", "mod event; mod layer; mod extra;"),
        ("event/mod.rs", "mod id;"),
        ("event/id.rs", "use crate::layer::Layer;"),
        ("layer.rs", "pub struct Layer;"),
        ("extra.rs", ""),
    ]);

    assert_eq!(
        rooms::faults(&imports.files, &["event", "time", "layer", "lib"]),
        [
            "extra is not in the list of rooms",
            "time is in the list of rooms, but not in src/",
            "event/id.rs -> layer.rs (Layer) runs up",
        ]
    );
    let faults = rooms::faults(&imports.files, &["layer", "extra", "event", "lib"]);
    assert_eq!(faults, [""; 0]);
}

#[test]
fn an_import_between_rooms_that_are_to_stay_apart() {
    let imports = read(&[
        ("lib.rs", "mod event; mod layer;"),
        ("event.rs", "pub struct Event;"),
        ("layer.rs", "use crate::event::Event;"),
    ]);

    let found = ["layer.rs -> event.rs (Event)"];
    assert_eq!(rooms::between(&imports.files, ("event", "layer")), found);
    assert_eq!(rooms::between(&imports.files, ("layer", "event")), found);
    assert_eq!(rooms::between(&imports.files, ("layer", "lib")), [""; 0]);
}

#[test]
fn a_path_that_leads_nowhere() {
    let imports = read(&[
        ("lib.rs", "mod a; pub use self::a::Gone;"),
        (
            "a.rs",
            "use bytes::Bytes; fn f() { crate::b::g(); super::super::h(); serde::i(); }",
        ),
    ]);

    assert_eq!(
        imports.unresolved,
        [
            "lib.rs: self::a::Gone",
            "a.rs: crate::b::g",
            "a.rs: super::super::h"
        ]
    );
}

#[test]
fn a_lock_that_is_not_taken_from_its_room() {
    let imports = read(&[
        ("lib.rs", "mod a; mod sync;"),
        (
            "a.rs",
            "use std::sync::{Arc, Mutex}; use crate::sync::RwLock;
            fn a(_: Arc<Mutex<RwLock<std::sync::atomic::AtomicU64>>>) {}",
        ),
        ("sync.rs", "pub(crate) use std::sync::{Mutex, RwLock};"),
    ]);

    assert_eq!(
        imports.bypasses,
        [
            "a.rs: std::sync::Mutex",
            "a.rs: std::sync::atomic::AtomicU64"
        ]
    );
}
