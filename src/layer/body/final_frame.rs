use bytes::Bytes;

use super::{client::Client, running::Running};
use crate::{
    CloseReason, EncodedEvent, Encoder, RevokePolicy,
    layer::limit::EndOrder,
    policy::{retry_event, stop_event},
};

/// The last frame of a stream that the layer ends between two events: the user's final event, and the
/// layer's own that says when to reconnect, as far as the stream has them.
#[derive(Debug)]
pub(super) struct FinalFrame {
    pub(super) bytes: Bytes,
    /// Whether the user's event is in it, by which the client learns that the stream was cut.
    pub(super) has_final_event: bool,
}

impl FinalFrame {
    pub(super) fn of(
        running: &Running,
        reason: CloseReason,
        client: &Client,
        order: Option<&EndOrder>,
    ) -> Self {
        let policy = match order {
            // An order may also come when the stream is to end for another reason.
            Some(EndOrder::Revoke(policy)) if reason == CloseReason::Revoked => Some(&**policy),
            _ => None,
        };
        let final_event = policy
            .and_then(RevokePolicy::event)
            .cloned()
            .or_else(|| running.event_for(reason))
            .filter(|_| running.takes_events());
        let mut encoder = Encoder::new();
        if let Some(event) = &final_event {
            encoder.encoded(event);
        }
        // Some clients that are no browsers fail at an event of an unknown name.
        let may_send_own = client.names_stream && running.schedule.sends_final_retry();
        if may_send_own && running.takes_events() {
            if let Some(event) = reconnect_event(running, reason, client, policy) {
                encoder.encoded(&event);
            }
        }
        Self {
            bytes: encoder.take(),
            has_final_event: final_event.is_some(),
        }
    }
}

/// Returns the event that says when to reconnect, or not to.
fn reconnect_event(
    running: &Running,
    reason: CloseReason,
    client: &Client,
    policy: Option<&RevokePolicy>,
) -> Option<EncodedEvent> {
    match reason {
        CloseReason::ShutDown => {
            let retry = running.schedule.shutdown_policy().retry_or_default();
            Some(retry_event(retry.draw()?, running.last_event_id(client)))
        }
        CloseReason::Evicted => stop_event(reason),
        CloseReason::Revoked if policy.is_some_and(RevokePolicy::stops) => stop_event(reason),
        _ => None,
    }
}
