use std::ops::Deref;

use http::{HeaderMap, HeaderName, Request, Uri};
use percent_encoding::percent_decode_str;

use crate::EventId;

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// The id of the last event that the client has received, from its `Last-Event-ID` header.
///
/// The layer adds it to the extensions of the request if the client sent an id that is not empty. A
/// client may send any id: look it up only among the events that this request may read.
///
/// With the feature `axum`, `Option<LastEventId>` is an extractor, which without the layer reads
/// only the header. The `Option` is needed because on its first connection a client has no id. If a
/// function asks for a `LastEventId`, axum's only message is that `Handler` is not implemented.
///
/// ```
/// # #[cfg(feature = "axum")]
/// # fn app() -> axum::Router {
/// use axum::{Router, routing::get};
/// use futures_util::{Stream, stream};
/// use tower_sse::{Event, EventStream, LastEventId};
///
/// async fn events(id: Option<LastEventId>) -> EventStream<impl Stream<Item = Event>> {
///     let from = id.and_then(|id| id.as_str().parse().ok()).map_or(1, |id: u64| id + 1);
///     let numbers = (from..).take(10).map(|n| Event::new(n.to_string()).id(n));
///     EventStream::new(stream::iter(numbers))
/// }
///
/// let app = Router::new().route("/events", get(events));
/// # app
/// # }
/// ```
///
/// A browser sends an id when it reconnects, and cannot be made to send one on a first connection.
/// For polyfills and pages that need that, there is
/// [`SseLayer::last_event_id_query`](crate::SseLayer::last_event_id_query).
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
/// # Invalid ids
///
/// A header that is not UTF-8 is read as Latin-1, which some clients send. If the result is no
/// valid [`EventId`], it is not dropped, because the client has received something: the id is then
/// [lossy](Self::is_lossy). It has U+FFFD in place of each control character, of a space at either
/// end and of bytes in the query that are not UTF-8, and at its end if it was longer than
/// [`EventId::MAX_LEN`]. So it equals no id that the server has sent (unless that has a U+FFFD),
/// and a `Channel` finds a gap instead of a first visit. The layer does not repeat it to the
/// client.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LastEventId {
    id: EventId,
    is_lossy: bool,
}

impl LastEventId {
    /// Reads the header; of several the first. Returns `None` if it is missing or empty.
    pub fn from_headers(headers: &HeaderMap) -> Option<Self> {
        let value = headers.get(LAST_EVENT_ID)?.as_bytes();
        match std::str::from_utf8(value) {
            Ok(text) => Self::parse(text),
            // Latin-1 is the first 256 characters of Unicode.
            Err(_) => Self::parse(&value.iter().copied().map(char::from).collect::<String>()),
        }
    }

    /// Creates one from an id, for a test or another transport. Returns `None` for the empty id,
    /// which stands for no id.
    pub fn new(id: EventId) -> Option<Self> {
        let is_lossy = false;
        (id != EventId::EMPTY).then_some(Self { id, is_lossy })
    }

    /// Reads the header, or if it is missing the parameter of the query.
    pub(crate) fn from_request<B>(request: &Request<B>, parameter: Option<&str>) -> Option<Self> {
        if request.headers().contains_key(LAST_EVENT_ID) {
            return Self::from_headers(request.headers());
        }
        Self::from_query(request.uri(), parameter?)
    }

    /// Reads a parameter of the query; of several the last. Returns `None` if it is missing or
    /// empty.
    fn from_query(uri: &Uri, parameter: &str) -> Option<Self> {
        let pairs = uri.query()?.rsplit('&');
        let mut pairs = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
        let (_, value) = pairs.find(|(name, _)| *name == parameter)?;
        // Forms write a space so; a plus sign comes as `%2B`.
        let value = value.replace('+', " ");
        let value: Vec<u8> = percent_decode_str(&value).collect();
        match std::str::from_utf8(&value) {
            Ok(text) => Self::parse(text),
            Err(_) => Some(Self::lossy(&String::from_utf8_lossy(&value))),
        }
    }

    /// Returns the id.
    pub fn into_id(self) -> EventId {
        self.id
    }

    /// Returns `true` if the client sent an invalid id, from which this one is made.
    pub fn is_lossy(&self) -> bool {
        self.is_lossy
    }

    fn parse(text: &str) -> Option<Self> {
        match EventId::try_from(text) {
            Ok(id) => Self::new(id),
            Err(_) => Some(Self::lossy(text)),
        }
    }

    fn lossy(text: &str) -> Self {
        Self {
            id: EventId::from_lossy(text),
            is_lossy: true,
        }
    }
}

impl Deref for LastEventId {
    type Target = EventId;

    fn deref(&self) -> &EventId {
        &self.id
    }
}

impl From<LastEventId> for EventId {
    fn from(id: LastEventId) -> Self {
        id.id
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    /// Returns the id, and whether it is lossy.
    fn from_header(value: &[u8]) -> Option<(String, bool)> {
        let value = HeaderValue::from_bytes(value).unwrap();
        let headers = HeaderMap::from_iter([(LAST_EVENT_ID, value)]);
        LastEventId::from_headers(&headers).map(read)
    }

    fn from_query(uri: &str) -> Option<(String, bool)> {
        LastEventId::from_query(&uri.parse().unwrap(), "lastEventId").map(read)
    }

    fn read(id: LastEventId) -> (String, bool) {
        (id.to_string(), id.is_lossy())
    }

    fn valid(id: &str) -> Option<(String, bool)> {
        Some((id.to_owned(), false))
    }

    fn lossy(id: &str) -> Option<(String, bool)> {
        Some((id.to_owned(), true))
    }

    #[test]
    fn is_read_from_the_header() {
        assert_eq!(LastEventId::from_headers(&HeaderMap::new()), None);
        assert_eq!(from_header(b""), None);
        assert_eq!(from_header(b"42"), valid("42"));
        assert_eq!(from_header("é".as_bytes()), valid("é"));
        assert_eq!(from_header(b"\xff\xe9"), valid("ÿé"), "Latin-1");
        assert_eq!(from_header(&[b'a'; 4096]), valid(&"a".repeat(4096)));
    }

    #[test]
    fn is_lossy_where_the_header_is_no_id() {
        assert_eq!(from_header(b"a\tb"), lossy("a\u{fffd}b"));
        assert_eq!(from_header(b" a "), lossy("\u{fffd}a\u{fffd}"));
        // A control character of Latin-1.
        assert_eq!(from_header(b"\xe9\x85"), lossy("é\u{fffd}"));
        let cut = format!("{}\u{fffd}", "a".repeat(4093));
        assert_eq!(from_header(&[b'a'; 4097]), lossy(&cut));
    }

    #[test]
    fn is_decoded_from_the_query() {
        assert_eq!(from_query("/?lastEventId=42"), valid("42"));
        let several = "/?a&b=1&lastEventId=%C3%A9+%2B&c";
        assert_eq!(from_query(several), valid("é +"));
        assert_eq!(from_query("/?lastEventId=1&lastEventId=2&a=3"), valid("2"));
        assert_eq!(from_query("/?lastEventId=1&lastEventId="), None);
        assert_eq!(from_query("/?lastEventId=1&lastEventId"), None);
        assert_eq!(from_query("/?lastEventId="), None);
        assert_eq!(from_query("/?xlastEventId=1"), None);
        assert_eq!(from_query("/"), None);
    }

    #[test]
    fn is_lossy_where_the_query_has_no_id() {
        assert_eq!(from_query("/?lastEventId=%00"), lossy("\u{fffd}"));
        assert_eq!(from_query("/?lastEventId=a%ff"), lossy("a\u{fffd}"));
        assert_eq!(from_query("/?lastEventId=a%0Ab"), lossy("a\u{fffd}b"));
        assert_eq!(from_query("/?lastEventId=+"), lossy("\u{fffd}"));
        assert_eq!(from_query("/?lastEventId=7+"), lossy("7\u{fffd}"));
        assert_eq!(
            from_query("/?lastEventId=1&lastEventId=%ff"),
            lossy("\u{fffd}")
        );
    }
}
