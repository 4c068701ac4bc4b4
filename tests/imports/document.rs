//! Checks that ARCHITECTURE.md names the rooms and files that there are.

use std::{fs, path::Path};

use crate::rooms::ORDER;

#[test]
fn the_document_lists_the_rooms_in_their_order() {
    let document = read();
    let table = document.split("## Rooms").nth(1).unwrap();
    let table = table.split("\n## ").next().unwrap();
    let rows = table.lines().filter_map(|line| line.strip_prefix("| `"));
    let cells = rows.filter_map(|row| row.split(" | ").next());
    let names = cells.flat_map(|cell| cell.split(['`', ',', ' ']));
    let names = names.map(|name| name.trim_end_matches('/').trim_end_matches(".rs"));
    let listed: Vec<_> = names.filter(|name| !name.is_empty()).collect();
    // The text above the table says what `lib.rs` does.
    let rooms = ORDER.iter().map(|(room, _)| *room);
    assert_eq!(
        listed,
        rooms.filter(|room| *room != "lib").collect::<Vec<_>>()
    );
}

#[test]
fn every_file_that_the_document_names_exists() {
    let document = read();
    let quoted = document.split('`').skip(1).step_by(2);
    let is_path =
        |text: &&str| text.ends_with(".rs") || text.ends_with('/') || text.starts_with("tests/");
    let paths: Vec<_> = quoted.filter(is_path).collect();
    assert!(paths.len() > 20, "{paths:?}");
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let exists = |path: &&str| root.join(path).exists() || root.join("src").join(path).exists();
    let missing: Vec<_> = paths.into_iter().filter(|path| !exists(path)).collect();
    assert_eq!(missing, [""; 0]);
}

fn read() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("ARCHITECTURE.md")).unwrap()
}
