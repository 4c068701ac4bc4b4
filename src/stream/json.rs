//! Streams of `Serialize` values.

use futures_util::{Stream, StreamExt, stream::Map};
use serde::Serialize;

use super::EventStream;
use crate::{Json, Tagged};

/// A stream whose items are sent as [`Json`].
pub type JsonStream<S> = Map<S, fn(<S as Stream>::Item) -> Json<<S as Stream>::Item>>;

/// A stream whose items are sent as [`Tagged`].
pub type TaggedStream<S> = Map<S, fn(<S as Stream>::Item) -> Tagged<<S as Stream>::Item>>;

impl<S> EventStream<JsonStream<S>>
where
    S: Stream,
    S::Item: Serialize,
{
    /// Creates a body from a stream of values, each sent as the JSON data of an unnamed event.
    ///
    /// For a stream of results write `EventStream::new(stream.map_ok(Json))`: this function would send the
    /// `Result` itself as a value.
    pub fn json(stream: S) -> Self {
        Self::new(stream.map(Json as fn(S::Item) -> _))
    }
}

impl<S> EventStream<TaggedStream<S>>
where
    S: Stream,
    S::Item: Serialize,
{
    /// Creates a body from a stream of an enum, whose variants are sent as events of their names (see
    /// [`Tagged`]).
    ///
    /// For a stream of results write `EventStream::new(stream.map_ok(Tagged))`: this function would take
    /// the `Result` itself for the enum.
    ///
    /// ```
    /// use futures_util::stream;
    /// # use http_body_util::BodyExt;
    /// use tower_sse::EventStream;
    ///
    /// #[derive(serde::Serialize)]
    /// enum Notice {
    ///     Joined { user: &'static str },
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")] async fn main() {
    /// let body = EventStream::tagged(stream::iter([Notice::Joined { user: "ada" }]));
    ///
    /// let bytes = body.collect().await.unwrap().to_bytes();
    /// assert_eq!(&bytes[..], b"event: Joined\ndata: {\"user\":\"ada\"}\n\n");
    /// # }
    /// ```
    pub fn tagged(stream: S) -> Self {
        Self::new(stream.map(Tagged as fn(S::Item) -> _))
    }
}
