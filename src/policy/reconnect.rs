//! The layer's own events, which say when to reconnect or not to.
//!
//! They are events that dispatch, because many clients ignore a `retry` without one. Their names are such
//! that no page listens to them by accident, and their data is empty.

use std::time::Duration;

use crate::{CloseReason, EncodedEvent, Event, EventId, EventName};

const RETRY: EventName = EventName::from_static("tower-sse.retry");
const LATE: EventName = EventName::from_static("tower-sse.late");
const EVICTED: &str = "tower-sse.evicted";
const REVOKED: &str = "tower-sse.revoked";

/// The longest `retry` that every browser takes for what it is: 24 days.
const NEVER: Duration = Duration::from_millis((1 << 31) - 1);

/// Makes the event that sets when to reconnect.
///
/// Some clients take the id of the last event for their last event id even if that event has none,
/// and so forget where to resume. If it is the first event that the client gets, it therefore
/// repeats the id that the client came with.
pub(crate) fn retry_event(retry: Duration, last_event_id: Option<&EventId>) -> EncodedEvent {
    named_retry_event(RETRY, retry, last_event_id)
}

/// Makes the event that keeps a client away whose answer came too late for its status.
pub(crate) fn late_event(last_event_id: Option<&EventId>) -> EncodedEvent {
    named_retry_event(LATE, NEVER, last_event_id)
}

fn named_retry_event(
    name: EventName,
    retry: Duration,
    last_event_id: Option<&EventId>,
) -> EncodedEvent {
    let event = Event::new("").name(name).retry(retry);
    match last_event_id {
        Some(id) => event.id(id.clone()).into(),
        None => event.into(),
    }
}

/// Makes the event that stops a client from reconnecting, with an id that it would reconnect with.
pub(crate) fn stop_event(reason: CloseReason) -> Option<EncodedEvent> {
    let word = match reason {
        CloseReason::Evicted => EVICTED,
        CloseReason::Revoked => REVOKED,
        _ => return None,
    };
    let event = Event::new("")
        .name(EventName::from_static(word))
        .id(EventId::from_static(word))
        .retry(NEVER);
    Some(event.into())
}

/// Returns `true` if this is the id of an event that stops a client from reconnecting.
pub(crate) fn was_stopped(last_event_id: &EventId) -> bool {
    matches!(last_event_id.as_str(), EVICTED | REVOKED)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_when_to_reconnect_by_an_event_that_dispatches() {
        assert_eq!(
            retry_event(Duration::from_millis(400), None).as_bytes(),
            b"event: tower-sse.retry\nretry: 400\ndata: \n\n"
        );
    }

    #[test]
    fn repeats_the_id_that_a_client_came_with() {
        let id = EventId::from_static("a-7");
        assert_eq!(
            retry_event(Duration::from_millis(400), Some(&id)).as_bytes(),
            b"event: tower-sse.retry\nid: a-7\nretry: 400\ndata: \n\n"
        );
    }

    #[test]
    fn keeps_a_client_away_without_a_new_id() {
        let id = EventId::from_static("a-7");
        assert_eq!(
            late_event(Some(&id)).as_bytes(),
            b"event: tower-sse.late\nid: a-7\nretry: 2147483647\ndata: \n\n"
        );
        assert!(!was_stopped(&id));
    }

    #[test]
    fn stops_evicted_and_revoked_clients_from_reconnecting() {
        assert_eq!(
            stop_event(CloseReason::Evicted).unwrap().as_bytes(),
            b"event: tower-sse.evicted\nid: tower-sse.evicted\nretry: 2147483647\ndata: \n\n"
        );
        assert!(was_stopped(&EventId::from_static("tower-sse.revoked")));
        assert!(!was_stopped(&EventId::from(7_u64)));
        assert_eq!(stop_event(CloseReason::Lagged), None);
    }
}
