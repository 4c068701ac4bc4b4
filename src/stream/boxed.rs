//! Event streams whose type can be written.

use futures_util::{
    Stream, StreamExt,
    stream::{self, BoxStream},
};

use super::{EventItem, EventStream};
use crate::{EncodedEvent, Error};

/// An [`EventStream`] of any events, whose type can be named in struct fields and return types.
///
/// [`EventStream::into_boxed`] makes it of any stream, including that of a channel. Its items are encoded
/// one by one, and then copied into the frame; an [`EncodedEvent`] alone in a frame is still not copied.
///
/// ```
/// use futures_util::{StreamExt, stream};
/// use tower_sse::{BoxEventStream, Event, EventStream};
///
/// fn greet(name: Option<String>) -> BoxEventStream {
///     match name {
///         Some(name) => EventStream::new(stream::iter([Event::new(name)])).into_boxed(),
///         None => EventStream::new(stream::repeat("hello").take(3)).into_boxed(),
///     }
/// }
/// # let _ = greet(None);
/// ```
pub type BoxEventStream = EventStream<BoxStream<'static, Result<EncodedEvent, Error>>>;

impl<S> EventStream<S>
where
    S: Stream,
    S::Item: EventItem,
{
    /// Boxes the stream, so that its type can be named, and streams of several types become one.
    pub fn into_boxed(self) -> BoxEventStream
    where
        S: Send + 'static,
    {
        let encode = |item: S::Item| {
            let event = item.into_result().map_err(Error::stream)?;
            EncodedEvent::new(&event).map_err(Error::encode)
        };
        self.map_stream(|stream| stream.map(encode).boxed())
    }
}

/// Creates a stream without events, for [`stop_reconnecting`](crate::stop_reconnecting).
impl Default for BoxEventStream {
    fn default() -> Self {
        Self::new(stream::empty().boxed())
    }
}
