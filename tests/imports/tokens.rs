//! Reads paths from the tokens of a macro, which need not be valid Rust.

use syn::{
    Macro,
    buffer::{Cursor, TokenBuffer},
};

use crate::names::Path;

/// Returns the paths of two or more names. Skips those that begin with a parameter (`$name::new`) or
/// with `::`, and ends a path before a parameter.
pub(crate) fn paths(tokens: &Macro) -> Vec<Path> {
    let mut paths = Vec::new();
    let buffer = TokenBuffer::new2(tokens.tokens.clone());
    add_paths(buffer.begin(), &mut paths);
    paths.retain(|path| path.len() > 1);
    paths
}

/// Returns all names.
pub(crate) fn names(tokens: &Macro) -> Vec<String> {
    let mut paths = Vec::new();
    let buffer = TokenBuffer::new2(tokens.tokens.clone());
    add_paths(buffer.begin(), &mut paths);
    paths.into_iter().flatten().collect()
}

fn add_paths(mut cursor: Cursor<'_>, paths: &mut Vec<Path>) {
    while !cursor.eof() {
        if let Some((inside, _, _, after)) = cursor.any_group() {
            add_paths(inside, paths);
            cursor = after;
        } else if let Some(after) = parameter(cursor).or_else(|| colons(cursor)) {
            cursor = path(after).map_or(after, |(_, after)| after);
        } else if let Some((path, after)) = path(cursor) {
            paths.push(path);
            cursor = after;
        } else {
            cursor = cursor
                .token_tree()
                .map_or_else(Cursor::empty, |(_, after)| after);
        }
    }
}

/// Skips the `$` of a parameter. `$crate` is a path like `crate`, not a parameter.
fn parameter(cursor: Cursor<'_>) -> Option<Cursor<'_>> {
    let after = punct(cursor, '$')?;
    let is_crate = after.ident().is_some_and(|(name, _)| name == "crate");
    (!is_crate).then_some(after)
}

fn path(cursor: Cursor<'_>) -> Option<(Path, Cursor<'_>)> {
    let (name, mut cursor) = cursor.ident()?;
    let mut path = vec![name.to_string()];
    while let Some((name, after)) = colons(cursor).and_then(Cursor::ident) {
        path.push(name.to_string());
        cursor = after;
    }
    Some((path, cursor))
}

fn colons(cursor: Cursor<'_>) -> Option<Cursor<'_>> {
    punct(punct(cursor, ':')?, ':')
}

fn punct(cursor: Cursor<'_>, wanted: char) -> Option<Cursor<'_>> {
    let (punct, after) = cursor.punct()?;
    (punct.as_char() == wanted).then_some(after)
}
