//! Checks that the documents for maintainers name the rooms and files that there are.

use std::{fs, path::Path};

use crate::rooms::ORDER;

#[test]
fn the_document_lists_the_rooms_in_their_order() {
    let document = read("ARCHITECTURE.md");
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
fn every_file_that_a_document_names_exists() {
    for document in ["ARCHITECTURE.md", "docs/protocol.md"] {
        let text = read(document);
        let quoted = text.split('`').skip(1).step_by(2);
        let paths: Vec<_> = quoted.filter(|text| is_path(text)).collect();
        assert!(paths.len() > 20, "{document}: {paths:?}");
        let missing: Vec<_> = paths.into_iter().filter(|path| !exists(path)).collect();
        assert_eq!(missing, [""; 0], "{document}");
    }
}

fn is_path(text: &str) -> bool {
    !text.contains(' ')
        && (text.ends_with(".rs")
            || text.starts_with("tests/")
            || text.ends_with('/') && text != "/")
}

/// Returns `true` if there is such a file or folder, in the repository or in `src/`.
fn exists(path: &str) -> bool {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    root.join(path).exists() || root.join("src").join(path).exists()
}

fn read(document: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    fs::read_to_string(root.join(document)).unwrap()
}
