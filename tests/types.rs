//! Sizes and auto traits of the public types.

use bytes::Bytes;
use futures::stream::{BoxStream, Empty};
use http_body_util::Full;
use tower_sse::*;

fn assert_send<T: Send>() {}
fn assert_sync<T: Sync>() {}
fn assert_unpin<T: Unpin>() {}

#[test]
fn values_go_between_threads() {
    fn assert_value<T: Send + Sync + Unpin + Clone + std::fmt::Debug + 'static>() {}
    assert_value::<Event>();
    assert_value::<EventData>();
    assert_value::<EventId>();
    assert_value::<EventName>();
    assert_value::<EncodedEvent>();
    assert_value::<Heartbeat>();
    assert_value::<InvalidEventId>();
    assert_value::<InvalidEventName>();
    assert_value::<LastEventId>();
    assert_value::<Preamble>();
    assert_value::<Retry>();
    assert_value::<SseLayer>();
    assert_value::<SseOptions>();
    assert_value::<Sse<()>>();
    assert_value::<ShutdownPolicy>();
    assert_value::<CloseReason>();
    assert_value::<Labels>();
    assert_value::<Lifetime>();
    assert_value::<RejectedStream>();
    assert_value::<RejectPolicy>();
    assert_value::<RejectReason>();
    assert_value::<Shutdown>();
    assert_value::<StreamSummary>();
    assert_send::<Encoder>();
    assert_sync::<Encoder>();
}

#[test]
fn errors_are_errors_that_go_between_threads() {
    fn assert_error<T: std::error::Error + Send + Sync + 'static>() {}
    assert_error::<Error>();
    assert_error::<InvalidEventId>();
    assert_error::<InvalidEventName>();
}

#[test]
fn bodies_and_futures_are_what_is_in_them() {
    assert_send::<SseBody<Full<Bytes>>>();
    assert_sync::<SseBody<Full<Bytes>>>();
    assert_unpin::<SseBody<Full<Bytes>>>();
    assert_send::<EventStream<Empty<Event>>>();
    assert_sync::<EventStream<Empty<Event>>>();
    assert_unpin::<EventStream<Empty<Event>>>();
    assert_send::<EventStream<BoxStream<'static, Event>>>();
    assert_send::<BoxEventStream>();
    assert_send::<ResponseFuture<std::future::Ready<()>>>();
    assert_unpin::<ResponseFuture<std::future::Ready<()>>>();
}

#[test]
fn bodies_of_gateways_are_what_is_in_them() {
    type Map = fn(RawEvent<'_>) -> EventAction;
    type Early = EarlyBody<std::future::Ready<()>, Full<Bytes>>;
    assert_send::<EventMapBody<Full<Bytes>, Map>>();
    assert_sync::<EventMapBody<Full<Bytes>, Map>>();
    assert_unpin::<EventMapBody<Full<Bytes>, Map>>();
    assert_send::<Early>();
    assert_unpin::<Early>();
    assert_send::<EarlyHeadFuture<std::future::Ready<()>>>();
    assert_send::<EarlyHeadLayer>();
    assert_sync::<EarlyHeadLayer>();
    assert_send::<LateAnswer>();
    assert_sync::<LateAnswer>();
}

#[cfg(feature = "json")]
#[test]
fn json_is_what_is_in_it() {
    fn assert_error<T: std::error::Error + Send + Sync + 'static>() {}
    assert_send::<Json<u8>>();
    assert_sync::<Tagged<u8>>();
    assert_send::<EventStream<JsonStream<Empty<u8>>>>();
    assert_send::<EventStream<TaggedStream<Empty<u8>>>>();
    assert_error::<TaggedError>();
    assert_eq!(size_of::<Json<u8>>(), 1);
    assert_eq!(size_of::<Tagged<u8>>(), 1);
}

#[test]
fn ids_and_names_take_24_bytes() {
    assert_eq!(size_of::<EventId>(), 24);
    assert_eq!(size_of::<EventName>(), 24);
    assert_eq!(size_of::<Option<EventId>>(), 24);
}

#[test]
fn a_body_that_passes_through_stays_small() {
    let word = size_of::<usize>();
    assert!(size_of::<SseBody<Full<Bytes>>>() <= size_of::<Full<Bytes>>() + 2 * word);
    assert_eq!(size_of::<Sse<()>>(), word);
    // The layer, its record of the request, the connection, and a few flags.
    assert!(size_of::<ResponseFuture<()>>() <= 6 * word);
    // An early head costs an answer that comes in time two words.
    assert!(size_of::<EarlyHeadFuture<[u8; 64]>>() <= 64 + word);
}
