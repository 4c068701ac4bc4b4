use super::{client::Client, record::StreamRecord, running::Running};
use crate::{CloseReason, time::ResettableSleep};

/// Returns the reason to end a stream though its body may have more, if there is one.
///
/// The first of several reasons counts. An end that has begun keeps its reason. An order from outside
/// comes next: the stream's place may be another's already, and a client that is evicted or revoked has
/// to learn that it must not reconnect. A shutdown comes before the lifetime and the deadline, because
/// it says when to reconnect.
pub(super) fn check_end(
    running: &mut Running,
    record: &StreamRecord,
    client: &Client,
    sleep: &ResettableSleep,
) -> Option<CloseReason> {
    if let Some(wait) = running.boundary_wait() {
        return Some(wait.reason);
    }
    if let Some(order) = record.order() {
        return Some(order.reason());
    }
    if record.is_shut_down() {
        let triggered_at = || {
            let now = sleep.now();
            let ago = record.since_trigger(now).unwrap_or_default();
            now.checked_sub(ago).unwrap_or(now)
        };
        let is_resumable = running.is_resumable(client, record);
        if running.schedule.shut_down(is_resumable, triggered_at) {
            return Some(CloseReason::ShutDown);
        }
    }
    // The clock is read only if there is an end: this runs for each frame of a busy stream.
    running.schedule.at()?;
    running.schedule.reason(sleep.now())
}
