use crate::{BoxError, EncodeEvent};

/// What a stream may yield: an event, or a result of one.
///
/// It is implemented for every [`EncodeEvent`] and for `Result<T, E>` of one, where the error is
/// any that converts into a [`BoxError`]; there is no need to implement it.
///
/// Where the compiler says that an "implementation of `From` is not general enough", a stream of
/// `Result<_, BoxError>` is made within an `async` block: make it outside, or with an error type of
/// a name.
#[diagnostic::on_unimplemented(
    message = "a stream of `{Self}` is no stream of events",
    label = "neither an event nor a result of one",
    note = "yield `Event`, text, or (feature `json`) `Json(value)` or `Tagged(value)`, or a \
            `Result` of one whose error converts into `Box<dyn Error + Send + Sync>`"
)]
pub trait EventItem {
    /// The event.
    type Event: EncodeEvent;

    /// Returns the event or the error.
    ///
    /// # Errors
    ///
    /// The error that the stream yielded.
    fn into_result(self) -> Result<Self::Event, BoxError>;
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
