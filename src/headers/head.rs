//! The headers of an event stream.

use http::{
    HeaderMap, HeaderName, HeaderValue, Version,
    header::{
        ACCEPT_RANGES, CACHE_CONTROL, CONNECTION, CONTENT_ENCODING, CONTENT_TYPE, ETAG,
        LAST_MODIFIED, SET_COOKIE, TRANSFER_ENCODING, UPGRADE, VARY,
    },
};

use super::media_type;

/// With a charset, for clients that otherwise read ISO-8859-1 (Python's `requests`).
const EVENT_STREAM: HeaderValue = HeaderValue::from_static("text/event-stream; charset=utf-8");
/// Chromium keeps on disk what a fetch streams, unless `no-store` forbids it.
const UNSTORED: HeaderValue = HeaderValue::from_static("no-store, no-transform");
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");
const NO_TRANSFORM: &str = "no-transform";
const KEEP_ALIVE: HeaderName = HeaderName::from_static("keep-alive");
const PROXY_CONNECTION: HeaderName = HeaderName::from_static("proxy-connection");
const ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");
/// The headers that describe the bytes of the body as the handler made it.
const VALIDATORS: [HeaderName; 7] = [
    ACCEPT_RANGES,
    ETAG,
    LAST_MODIFIED,
    HeaderName::from_static("content-digest"),
    HeaderName::from_static("content-md5"),
    HeaderName::from_static("digest"),
    HeaderName::from_static("repr-digest"),
];

/// Returns `true` if the body is compressed, so that nothing can be put into it.
pub(crate) fn is_encoded(headers: &HeaderMap) -> bool {
    let values = headers.get_all(CONTENT_ENCODING).iter();
    values.flat_map(tokens).any(|token| {
        let none = token.is_empty() || token.eq_ignore_ascii_case(b"identity");
        !none
    })
}

/// Sets what every event stream needs and was not set.
pub(crate) fn complete(headers: &mut HeaderMap) {
    if !media_type::is_event_stream(headers) || !media_type::is_clean(headers) {
        headers.insert(CONTENT_TYPE, EVENT_STREAM);
    }
    forbid_transform(headers);
    headers
        .entry(ACCEL_BUFFERING)
        .or_insert(HeaderValue::from_static("no"));
}

/// Removes, from headers or trailers, what does not hold once bytes have been put into the body.
pub(crate) fn remove_validators(headers: &mut HeaderMap) {
    for name in VALIDATORS {
        headers.remove(name);
    }
}

/// Keeps caches from storing a response. A 204 is cacheable by heuristics, and so are some statuses
/// that a rejection may have (RFC 9110, 15.1); a stored one would meet every later visitor.
pub(crate) fn forbid_store(headers: &mut HeaderMap) {
    headers.insert(CACHE_CONTROL, NO_STORE);
}

/// Makes the connection's headers fit the HTTP version. Returns `true` if it added a `keep-alive`.
pub(crate) fn fit_connection(headers: &mut HeaderMap, version: Version, keep_alive: bool) -> bool {
    if version != Version::HTTP_11 {
        // HTTP/2 and 3 forbid them (RFC 9113, 8.2.2), HTTP/1.0 cannot do what they say.
        remove_hop_by_hop(headers);
    }
    if version < Version::HTTP_11 {
        // It has no chunks: the end of the connection is the end of the stream.
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
    }
    let add = keep_alive && version == Version::HTTP_11 && !headers.contains_key(CONNECTION);
    if add {
        headers.insert(CONNECTION, HeaderValue::from_static("keep-alive"));
    }
    add
}

/// Removes the headers of the connection, those that `Connection` names among them (RFC 9110,
/// 7.6.1).
fn remove_hop_by_hop(headers: &mut HeaderMap) {
    let values = headers.get_all(CONNECTION).iter();
    let named = values.flat_map(tokens).map(HeaderName::from_bytes);
    let named = named.flatten().filter(|name| !is_end_to_end(name));
    for name in named.collect::<Vec<_>>() {
        headers.remove(name);
    }
    for name in [
        CONNECTION,
        KEEP_ALIVE,
        PROXY_CONNECTION,
        TRANSFER_ENCODING,
        UPGRADE,
    ] {
        headers.remove(name);
    }
}

/// Returns `true` for headers that are meant for the client whatever `Connection` says: an upstream's
/// mistake must not take a stream's own headers from it, nor hide that it is compressed.
fn is_end_to_end(name: &HeaderName) -> bool {
    let names = [CACHE_CONTROL, ACCEL_BUFFERING, SET_COOKIE, VARY];
    let prefixes = ["content-", "access-control-"];
    names.contains(name) || prefixes.iter().any(|it| name.as_str().starts_with(it))
}

/// Removes the `Connection` that an inner layer added.
pub(crate) fn remove_connection(headers: &mut HeaderMap) {
    headers.remove(CONNECTION);
}

/// Returns `true` if a request asks for the connection to be closed after it.
pub(crate) fn asks_to_close(headers: &HeaderMap) -> bool {
    let values = headers.get_all(CONNECTION).iter();
    values
        .flat_map(tokens)
        .any(|token| token.eq_ignore_ascii_case(b"close"))
}

/// Adds `no-transform` to the handler's `Cache-Control`.
fn forbid_transform(headers: &mut HeaderMap) {
    let values: Vec<&HeaderValue> = headers.get_all(CACHE_CONTROL).iter().collect();
    let forbids = |token: &[u8]| token.eq_ignore_ascii_case(NO_TRANSFORM.as_bytes());
    if values.iter().copied().flat_map(tokens).any(forbids) {
        return;
    }
    match values[..] {
        [] => drop(headers.insert(CACHE_CONTROL, UNSTORED)),
        [one] if one.is_empty() => drop(headers.insert(CACHE_CONTROL, UNSTORED)),
        [one] => {
            let both = [one.as_bytes(), b", ", NO_TRANSFORM.as_bytes()].concat();
            // Always valid, since its parts are.
            let both = HeaderValue::from_bytes(&both).unwrap_or(UNSTORED);
            headers.insert(CACHE_CONTROL, both);
        }
        _ => drop(headers.append(CACHE_CONTROL, HeaderValue::from_static(NO_TRANSFORM))),
    }
}

/// Returns the members of a list (RFC 9110, 5.6.1).
fn tokens(value: &HeaderValue) -> impl Iterator<Item = &[u8]> {
    let parts = value.as_bytes().split(|&byte| byte == b',');
    parts.map(<[u8]>::trim_ascii)
}
