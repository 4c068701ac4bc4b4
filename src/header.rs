//! The headers of an event stream.

use http::{
    HeaderMap, HeaderName, HeaderValue, Version,
    header::{
        CACHE_CONTROL, CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, Entry,
        TRANSFER_ENCODING,
    },
};

const EVENT_STREAM: HeaderValue = HeaderValue::from_static("text/event-stream");
const UNCACHED: HeaderValue = HeaderValue::from_static("no-cache, no-transform");
const KEEP_ALIVE: HeaderName = HeaderName::from_static("keep-alive");
const ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// Tells whether the content is an event stream, whatever its parameters (RFC 9110, 8.3.1).
pub(crate) fn is_event_stream(headers: &HeaderMap) -> bool {
    let Some(value) = headers.get(CONTENT_TYPE) else {
        return false;
    };
    let essence = value.as_bytes().split(|&byte| byte == b';').next();
    essence.is_some_and(|essence| {
        essence
            .trim_ascii()
            .eq_ignore_ascii_case(EVENT_STREAM.as_bytes())
    })
}

/// Tells whether the body is compressed, so that nothing can be put into it.
pub(crate) fn is_encoded(headers: &HeaderMap) -> bool {
    headers
        .get(CONTENT_ENCODING)
        .is_some_and(|value| !value.as_bytes().eq_ignore_ascii_case(b"identity"))
}

/// Sets what every event stream needs and was not set.
pub(crate) fn complete(headers: &mut HeaderMap) {
    if !is_event_stream(headers) || has_wrong_charset(headers) {
        headers.insert(CONTENT_TYPE, EVENT_STREAM);
    }
    match headers.entry(CACHE_CONTROL) {
        Entry::Vacant(entry) => {
            entry.insert(UNCACHED);
        }
        Entry::Occupied(mut entry) => {
            if !entry.iter().any(forbids_transform) {
                entry.append(HeaderValue::from_static("no-transform"));
            }
        }
    }
    headers
        .entry(ACCEL_BUFFERING)
        .or_insert(HeaderValue::from_static("no"));
}

/// Removes the length, which is not true once anything is put into the body.
pub(crate) fn remove_length(headers: &mut HeaderMap) {
    headers.remove(CONTENT_LENGTH);
}

/// Makes the connection's headers fit the HTTP version. Tells whether it added a `Connection`.
pub(crate) fn fit_connection(headers: &mut HeaderMap, version: Version, keep_alive: bool) -> bool {
    if version != Version::HTTP_11 {
        // HTTP/1.0 has no chunks, and HTTP/2 and 3 forbid it (RFC 9113, 8.2.2).
        headers.remove(TRANSFER_ENCODING);
    }
    if version > Version::HTTP_11 {
        headers.remove(CONNECTION);
        headers.remove(KEEP_ALIVE);
    }
    let add = keep_alive && version == Version::HTTP_11 && !headers.contains_key(CONNECTION);
    if add {
        headers.insert(CONNECTION, HeaderValue::from_static("keep-alive"));
    }
    add
}

/// Takes back the `Connection` that an inner layer added.
pub(crate) fn remove_connection(headers: &mut HeaderMap) {
    headers.remove(CONNECTION);
}

/// Tells whether a request asks for the connection to be closed after it.
pub(crate) fn asks_to_close(headers: &HeaderMap) -> bool {
    headers
        .get_all(CONNECTION)
        .iter()
        .any(|value| has_token(value, b"close"))
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

fn forbids_transform(value: &HeaderValue) -> bool {
    has_token(value, b"no-transform")
}

fn has_token(value: &HeaderValue, token: &[u8]) -> bool {
    value
        .as_bytes()
        .split(|&byte| byte == b',')
        .any(|part| part.trim_ascii().eq_ignore_ascii_case(token))
}
