//! What `crate::sync` provides, so that the loom tests can replace it.

use crate::{names::Path, rooms};

/// Returns `true` if a path of this file names a lock, an atomic or a waker elsewhere than in
/// `crate::sync`.
pub(crate) fn bypasses_sync(file: &str, path: &Path) -> bool {
    let path: Vec<_> = path.iter().map(String::as_str).collect();
    let is_elsewhere = match path[..] {
        ["std", "sync", "Arc" | "Weak", ..] => false,
        ["std" | "tokio", "sync", ..] | ["futures_util", "task", "AtomicWaker", ..] => true,
        _ => false,
    };
    is_elsewhere && rooms::room(file) != "sync"
}
