use bytes::Bytes;

use super::{client::Client, open::Open};
use crate::{
    CloseReason, EncodedEvent, Encoder, RevokePolicy,
    layer::limit::EndOrder,
    policy::{retry_event, stop_event},
};

/// What a stream sends last that ends between two events, though its body has more.
#[derive(Debug)]
pub(super) struct FinalFrame {
    pub(super) bytes: Bytes,
    /// Whether an event of the user's is in it, which says that the stream was cut.
    pub(super) has_final_event: bool,
}

impl FinalFrame {
    pub(super) fn of(
        open: &Open,
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
            .or_else(|| open.event_for(reason))
            .filter(|_| open.takes_events());
        let mut encoder = Encoder::new();
        if let Some(event) = &final_event {
            encoder.encoded(event);
        }
        // An event of an unknown name is fatal to some clients that are no browsers.
        let may_say_more = client.names_stream && open.ending.sends_final_retry();
        if may_say_more && open.takes_events() {
            if let Some(event) = reconnect_event(open, reason, client, policy) {
                encoder.encoded(&event);
            }
        }
        Self {
            bytes: encoder.take(),
            has_final_event: final_event.is_some(),
        }
    }
}

/// Returns the event that says when to come back, or not to.
fn reconnect_event(
    open: &Open,
    reason: CloseReason,
    client: &Client,
    policy: Option<&RevokePolicy>,
) -> Option<EncodedEvent> {
    match reason {
        CloseReason::ShutDown => {
            let retry = open.ending.shutdown_policy().retry_or_default();
            Some(retry_event(retry.draw()?, open.last_event_id(client)))
        }
        CloseReason::Evicted => stop_event(reason),
        CloseReason::Revoked if policy.is_some_and(RevokePolicy::stops) => stop_event(reason),
        _ => None,
    }
}
