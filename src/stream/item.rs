//! The items of a stream of events.

use self::sealed::Sealed;
use crate::{BoxError, EncodeEvent};

/// An item of an [`EventStream`](crate::EventStream): an event, or a result of one.
///
/// It is implemented for every [`EncodeEvent`] and for `Result<T, E>` of one, where the error is
/// any that converts into a [`BoxError`]; there is no need to implement it.
///
/// For a stream of `Result<_, BoxError>` that is made within an `async` block, the compiler may report
/// that an "implementation of `From` is not general enough". Make the stream outside of the block, or use
/// another error type than `BoxError`.
///
/// # Streams of `async-stream`
///
/// Within `try_stream!`, `?` converts errors into the error type of the stream, which the compiler cannot
/// infer: name it in the return type of a function.
///
/// ```
/// use async_stream::try_stream;
/// use futures_util::Stream;
/// # use http_body_util::BodyExt;
/// use tower_sse::{BoxError, Event, EventStream};
///
/// fn numbers(text: String) -> EventStream<impl Stream<Item = Result<Event, BoxError>>> {
///     EventStream::new(try_stream! {
///         for word in text.split(' ') {
///             let number: u32 = word.parse()?;
///             yield Event::new(number.to_string());
///         }
///     })
/// }
///
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// let body = numbers("1 2 three".to_owned())
///     .error_event(|error| Event::new(error.into_inner().to_string()));
///
/// let bytes = body.collect().await.unwrap().to_bytes();
/// assert_eq!(&bytes[..], b"data: 1\n\ndata: 2\n\ndata: invalid digit found in string\n\n");
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be an item of an event stream",
    label = "neither an event nor a result of one",
    note = "yield `Event`, text, or (feature `json`) `Json(value)` or `Tagged(value)`, or a \
            `Result` of one whose error converts into `Box<dyn Error + Send + Sync>`; of a `Result` \
            both sides must fit"
)]
pub trait EventItem: Sealed {
    /// The event.
    type Event: EncodeEvent;

    /// Returns the event or the error.
    ///
    /// # Errors
    ///
    /// The error that the stream yielded.
    fn into_result(self) -> Result<Self::Event, BoxError>;
}

mod sealed {
    use super::{BoxError, EncodeEvent};

    pub trait Sealed {}

    impl<T: EncodeEvent> Sealed for T {}

    impl<T: EncodeEvent, E: Into<BoxError>> Sealed for Result<T, E> {}
}

impl<T: EncodeEvent> EventItem for T {
    type Event = T;

    fn into_result(self) -> Result<T, BoxError> {
        Ok(self)
    }
}

impl<T: EncodeEvent, E: Into<BoxError>> EventItem for Result<T, E> {
    type Event = T;

    fn into_result(self) -> Result<T, BoxError> {
        self.map_err(Into::into)
    }
}
