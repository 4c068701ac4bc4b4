use crate::stores::Damage;

/// What the model asks of its store beside damage.
pub(crate) trait Restarting: Damage {
    /// Starts the store anew, after it was returned to an earlier state.
    fn restart(&self) {}

    /// Returns `true` if the store itself records a loss when it is started anew.
    fn records_restarts(&self) -> bool {
        false
    }
}
