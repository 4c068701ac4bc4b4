//! The responses whose events are mapped.

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use http_body::Body;
use http_body_util::{BodyExt, Full};
use tower_sse::{Event, EventAction, EventMapBody, RawEvent};

use crate::bodies::*;

fn drop_all(_: RawEvent<'_>) -> EventAction {
    EventAction::Drop
}

#[tokio::test]
async fn no_other_response_is_touched() {
    let json = || Response::new(Full::<Bytes>::from("data: x\n\n"));
    let mut too_many = event_stream(Full::from("data: x\n\n"));
    *too_many.status_mut() = StatusCode::TOO_MANY_REQUESTS;
    let mut zipped = event_stream(Full::from("data: x\n\n"));
    let gzip = HeaderValue::from_static("gzip");
    zipped.headers_mut().insert(header::CONTENT_ENCODING, gzip);
    for mut response in [json(), too_many, zipped] {
        let length = HeaderValue::from_static("9");
        response
            .headers_mut()
            .insert(header::CONTENT_LENGTH, length);
        response
            .headers_mut()
            .insert(header::ETAG, HeaderValue::from_static("\"1\""));
        let head = (response.status(), response.headers().clone());
        let response = EventMapBody::map_response(response, drop_all);
        assert_eq!((response.status(), response.headers().clone()), head);
        let body = response.into_body().final_event(Event::new("done"));
        assert_eq!(body.size_hint().exact(), Some(9));
        assert!(!body.is_end_stream());
        assert_eq!(text(body).await, "data: x\n\n");
    }
}

#[tokio::test]
async fn a_stream_loses_the_headers_that_hold_for_its_bytes() {
    let mut response = event_stream(Full::<Bytes>::from("data: x\n\n"));
    for name in ["content-length", "etag", "digest", "x-request-id"] {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static("9"));
    }
    let response = EventMapBody::map_response(response, drop_all);
    let names: Vec<_> = response
        .headers()
        .keys()
        .map(|name| name.as_str())
        .collect();
    assert_eq!(names, ["content-type", "x-request-id"]);
    assert_eq!(response.body().size_hint().exact(), None);
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    assert!(bytes.is_empty());
}
