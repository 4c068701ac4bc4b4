//! The media type of a response, as browsers find it.

use std::mem;

use http::{HeaderMap, HeaderValue, header::CONTENT_TYPE};
use memchr::{memchr, memchr2};

const EVENT_STREAM: &str = "text/event-stream";

/// Returns `true` if the content is an event stream by the Fetch standard's "extract a MIME type": of
/// the values of all `Content-Type` fields, combined with commas, the last counts that is valid and
/// is not `*/*`.
pub(crate) fn is_event_stream(headers: &HeaderMap) -> bool {
    let mut fields = headers.get_all(CONTENT_TYPE).iter();
    let Some(first) = fields.next() else {
        return false;
    };
    let Some(second) = fields.next() else {
        return names_event_stream(first.as_bytes());
    };
    let all = [first, second].into_iter().chain(fields);
    let all: Vec<_> = all.map(HeaderValue::as_bytes).collect();
    names_event_stream(&all.join(&b", "[..]))
}

/// Returns `true` if the type of an event stream can stay as it is: there is one field, which says
/// nothing else, so that clients which read less carefully find the same.
pub(crate) fn is_clean(headers: &HeaderMap) -> bool {
    let mut fields = headers.get_all(CONTENT_TYPE).iter();
    let (Some(field), None) = (fields.next(), fields.next()) else {
        return false;
    };
    let text = field.as_bytes();
    let is_one = text.trim_ascii() == text && unquoted_parts(text).nth(1).is_none();
    is_one && !has_wrong_charset(text)
}

fn names_event_stream(text: &[u8]) -> bool {
    let is_event_stream = |essence: &[u8]| essence.eq_ignore_ascii_case(EVENT_STREAM.as_bytes());
    if memchr2(b',', b'"', text).is_none() {
        // Of one value it need not be known whether it is valid.
        return is_event_stream(before_parameters(text));
    }
    let essences = unquoted_parts(text).filter_map(essence);
    let last = essences.filter(|essence| essence != b"*/*").last();
    last.is_some_and(is_event_stream)
}

/// Returns type and subtype, if they are valid (WHATWG MIME Sniffing, "parse a MIME type").
fn essence(text: &[u8]) -> Option<&[u8]> {
    let essence = before_parameters(text);
    let slash = essence.iter().position(|&byte| byte == b'/')?;
    let (kind, subtype) = (&essence[..slash], &essence[slash + 1..]);
    (is_token(kind) && is_token(subtype)).then_some(essence)
}

fn before_parameters(text: &[u8]) -> &[u8] {
    let end = memchr(b';', text).unwrap_or(text.len());
    text[..end].trim_ascii()
}

/// Returns `true` for a token (RFC 9110, 5.6.2).
fn is_token(text: &[u8]) -> bool {
    let is_allowed = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
    !text.is_empty() && text.iter().all(is_allowed)
}

/// Returns `true` if a parameter names another charset than UTF-8. Chromium closes for good over any
/// but `utf-8`, even over `utf8`.
fn has_wrong_charset(text: &[u8]) -> bool {
    let parts = text.split(|&byte| byte == b';').map(<[u8]>::trim_ascii);
    let mut charsets = parts.filter_map(|part| {
        let (name, value) = part.split_at_checked(b"charset=".len())?;
        name.eq_ignore_ascii_case(b"charset=").then_some(value)
    });
    charsets.any(|charset| {
        let bare = match charset {
            [b'"', bare @ .., b'"'] => bare,
            bare => bare,
        };
        !bare.eq_ignore_ascii_case(b"utf-8")
    })
}

/// Returns the parts between commas that are in no quoted string (Fetch standard, "get, decode, and
/// split").
fn unquoted_parts(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let (mut quoted, mut escaped) = (false, false);
    text.split(move |&byte| {
        match (mem::take(&mut escaped), byte) {
            (true, _) => {}
            (false, b'\\') => escaped = quoted,
            (false, b'"') => quoted = !quoted,
            (false, _) => return byte == b',' && !quoted,
        }
        false
    })
}
