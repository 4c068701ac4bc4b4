use crate::case::Case;

/// Leaves out commands as long as the rest fails.
pub(crate) fn shrink(mut case: Case) -> Case {
    let mut at = case.commands.len();
    let mut has_changed = false;
    while at > 0 || has_changed {
        if at == 0 {
            (at, has_changed) = (case.commands.len(), false);
            continue;
        }
        at -= 1;
        let mut less = case.clone();
        less.commands.remove(at);
        if less.fails() {
            (case, has_changed) = (less, true);
        }
    }
    case
}
