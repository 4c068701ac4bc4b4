//! The headers of an event stream.

use http::{
    HeaderMap, HeaderName, HeaderValue, Version,
    header::{
        CACHE_CONTROL, CONNECTION, CONTENT_ENCODING, CONTENT_TYPE, SET_COOKIE, TRANSFER_ENCODING,
        UPGRADE, VARY,
    },
};

const EVENT_STREAM: &str = "text/event-stream";
/// Chromium keeps on disk what a fetch streams, unless it may not be stored.
const UNSTORED: HeaderValue = HeaderValue::from_static("no-store, no-transform");
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");
const NO_TRANSFORM: &str = "no-transform";
const KEEP_ALIVE: HeaderName = HeaderName::from_static("keep-alive");
const PROXY_CONNECTION: HeaderName = HeaderName::from_static("proxy-connection");
const ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// Returns `true` if the content is an event stream, whatever its parameters (RFC 9110, 8.3.1).
pub(crate) fn is_event_stream(headers: &HeaderMap) -> bool {
    let value = headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes);
    let split = value.and_then(|value| value.split_at_checked(EVENT_STREAM.len()));
    split.is_some_and(|(essence, rest)| {
        essence.eq_ignore_ascii_case(EVENT_STREAM.as_bytes())
            && matches!(rest.trim_ascii_start(), [] | [b';', ..])
    })
}

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
    if !is_event_stream(headers) || has_wrong_charset(headers) {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(EVENT_STREAM));
    }
    forbid_transform(headers);
    headers
        .entry(ACCEL_BUFFERING)
        .or_insert(HeaderValue::from_static("no"));
}

/// Keeps caches from storing an answer. A 204 is cacheable by heuristics, and so are some statuses
/// that a refusal may have (RFC 9110, 15.1); a stored one would meet every later visitor.
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
    let own = [CACHE_CONTROL, ACCEL_BUFFERING, SET_COOKIE, VARY];
    let prefixes = ["content-", "access-control-"];
    own.contains(name) || prefixes.iter().any(|it| name.as_str().starts_with(it))
}

/// Takes back the `Connection` that an inner layer added.
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

/// Chromium closes for good over any charset but `utf-8`, be it `utf8`.
fn has_wrong_charset(headers: &HeaderMap) -> bool {
    headers.get(CONTENT_TYPE).is_some_and(|value| {
        value
            .as_bytes()
            .split(|&byte| byte == b';')
            .map(<[u8]>::trim_ascii)
            .filter_map(|part| {
                let (name, charset) = part.split_at_checked(b"charset=".len())?;
                name.eq_ignore_ascii_case(b"charset=").then_some(charset)
            })
            .any(|charset| {
                let bare = charset
                    .strip_prefix(b"\"")
                    .and_then(|c| c.strip_suffix(b"\""));
                !bare.unwrap_or(charset).eq_ignore_ascii_case(b"utf-8")
            })
    })
}

/// Adds to what the handler says of caching that nobody may transform the body.
fn forbid_transform(headers: &mut HeaderMap) {
    let said: Vec<&HeaderValue> = headers.get_all(CACHE_CONTROL).iter().collect();
    let forbids = |token: &[u8]| token.eq_ignore_ascii_case(NO_TRANSFORM.as_bytes());
    if said.iter().copied().flat_map(tokens).any(forbids) {
        return;
    }
    match said[..] {
        [] => drop(headers.insert(CACHE_CONTROL, UNSTORED)),
        [one] if one.is_empty() => drop(headers.insert(CACHE_CONTROL, UNSTORED)),
        [one] => {
            let both = [one.as_bytes(), b", ", NO_TRANSFORM.as_bytes()].concat();
            // Always a value, for its parts are.
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
