use std::ops::Deref;

use http::{HeaderMap, HeaderName, Request, Uri};
use percent_encoding::percent_decode_str;

use crate::EventId;

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// The id of the last event that the client has seen, from its `Last-Event-ID`.
///
/// The layer puts it into the extensions of the request when the client sent one that is a valid
/// [`EventId`]: UTF-8, without control characters, not empty, of at most
/// [`EventId::MAX_LEN`] bytes. The client may send any id: look it up only among
/// the events that this request may read.
///
/// A browser sends it when it reconnects and cannot be made to on a first connection; for polyfills
/// and pages that need that there is [`SseLayer::last_event_id_query`](crate::SseLayer::last_event_id_query).
///
/// ```
/// use tower_sse::LastEventId;
///
/// fn resume_after<B>(request: &http::Request<B>) -> Option<u64> {
///     request.extensions().get::<LastEventId>()?.as_str().parse().ok()
/// }
///
/// let mut request = http::Request::new(());
/// assert_eq!(resume_after(&request), None);
/// request.extensions_mut().insert(LastEventId::new(42.into()).unwrap());
/// assert_eq!(resume_after(&request), Some(42));
/// ```
///
/// With the feature `axum`, `Option<LastEventId>` is an extractor, which without the layer reads the
/// header alone.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LastEventId(EventId);

impl LastEventId {
    /// Reads the header. `None` if it is missing, empty or no valid id.
    pub fn from_headers(headers: &HeaderMap) -> Option<Self> {
        let value = headers.get(LAST_EVENT_ID)?.as_bytes();
        Self::parse(std::str::from_utf8(value).ok()?)
    }

    /// Makes one of an id, for a test or another transport. `None` for the empty id, which is none.
    pub fn new(id: EventId) -> Option<Self> {
        (id != EventId::EMPTY).then_some(Self(id))
    }

    /// Reads the header, or where there is none the parameter of the query.
    pub(crate) fn from_request<B>(request: &Request<B>, parameter: Option<&str>) -> Option<Self> {
        if request.headers().contains_key(LAST_EVENT_ID) {
            return Self::from_headers(request.headers());
        }
        Self::from_query(request.uri(), parameter?)
    }

    /// Reads a parameter of the query. `None` if it is missing, empty or no valid id.
    fn from_query(uri: &Uri, parameter: &str) -> Option<Self> {
        let value = uri
            .query()?
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .find_map(|(name, value)| (name == parameter).then_some(value))?;
        // Forms write a space so; a plus sign comes as `%2B`.
        let value = value.replace('+', " ");
        Self::parse(&percent_decode_str(&value).decode_utf8().ok()?)
    }

    /// Returns the id.
    pub fn into_id(self) -> EventId {
        self.0
    }

    fn parse(id: &str) -> Option<Self> {
        EventId::try_from(id).ok().and_then(Self::new)
    }
}

impl Deref for LastEventId {
    type Target = EventId;

    fn deref(&self) -> &EventId {
        &self.0
    }
}

impl From<LastEventId> for EventId {
    fn from(id: LastEventId) -> Self {
        id.0
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn from_header(value: &[u8]) -> Option<String> {
        let value = HeaderValue::from_bytes(value).unwrap();
        let headers = HeaderMap::from_iter([(LAST_EVENT_ID, value)]);
        LastEventId::from_headers(&headers).map(|id| id.to_string())
    }

    fn from_query(uri: &str) -> Option<String> {
        LastEventId::from_query(&uri.parse().unwrap(), "lastEventId").map(|id| id.to_string())
    }

    #[test]
    fn is_valid_or_absent() {
        assert_eq!(LastEventId::from_headers(&HeaderMap::new()), None);
        assert_eq!(from_header(b"42").as_deref(), Some("42"));
        assert_eq!(from_header("é".as_bytes()).as_deref(), Some("é"));
        assert_eq!(from_header(b""), None);
        assert_eq!(from_header(b"\xff"), None);
        assert_eq!(from_header(b"a\tb"), None);
        assert_eq!(from_header(&[b'a'; 4096]).map(|id| id.len()), Some(4096));
        assert_eq!(from_header(&[b'a'; 4097]), None);
    }

    #[test]
    fn is_decoded_from_the_query() {
        assert_eq!(from_query("/?lastEventId=42").as_deref(), Some("42"));
        assert_eq!(
            from_query("/?a&b=1&lastEventId=%C3%A9+%2B&c").as_deref(),
            Some("é +")
        );
        assert_eq!(from_query("/?lastEventId="), None);
        assert_eq!(from_query("/?lastEventId=%00"), None);
        assert_eq!(from_query("/?lastEventId=%ff"), None);
        assert_eq!(from_query("/?lastEventId=a%0Ab"), None);
        assert_eq!(from_query("/?xlastEventId=1"), None);
        assert_eq!(from_query("/"), None);
    }
}
