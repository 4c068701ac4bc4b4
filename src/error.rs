use std::{any::Any, error, fmt};

use http::StatusCode;

use crate::CloseReason;

/// An error of any type, as bodies, frameworks and [`EncodeEvent`](crate::EncodeEvent) pass it on.
pub type BoxError = Box<dyn error::Error + Send + Sync>;

/// The error of an [`EventStream`](crate::EventStream) or of an [`SseBody`](crate::SseBody).
///
/// A body fails when the handler's stream or body fails or panics, and when the layer cuts a stream
/// that it must not end cleanly. The cause, if there is one, is its `source()`.
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    source: Option<BoxError>,
}

#[derive(Clone, Copy, Debug)]
enum ErrorKind {
    Stream,
    Encode,
    Body,
    Panic,
    TooLarge(usize),
    Late(StatusCode),
    Service,
    Cut(CloseReason),
}

impl Error {
    /// Makes an error of what the stream yielded. An error of this type is returned unchanged.
    pub(crate) fn stream(source: BoxError) -> Self {
        Self::caused_by(ErrorKind::Stream, source)
    }

    pub(crate) fn encode(source: BoxError) -> Self {
        Self {
            kind: ErrorKind::Encode,
            source: Some(source),
        }
    }

    /// Makes an error of that of a response body. An error of this type is returned unchanged, also
    /// from within an axum body.
    pub(crate) fn body(source: BoxError) -> Self {
        Self::caused_by(ErrorKind::Body, unwrap_axum(source))
    }

    /// Makes an error of what a panic was raised with.
    pub(crate) fn panic(payload: Box<dyn Any + Send>) -> Self {
        let text = match payload.downcast::<String>() {
            Ok(text) => Some(*text),
            Err(payload) => payload.downcast::<&str>().ok().map(|text| text.to_string()),
        };
        Self {
            kind: ErrorKind::Panic,
            source: text.map(BoxError::from),
        }
    }

    /// Makes an error of an event that is larger than it may be.
    pub(crate) fn too_large(max: usize) -> Self {
        Self {
            kind: ErrorKind::TooLarge(max),
            source: None,
        }
    }

    /// Makes an error of a response that is no stream, and came when the head of one was out.
    pub(crate) fn late(status: StatusCode) -> Self {
        Self {
            kind: ErrorKind::Late(status),
            source: None,
        }
    }

    /// Makes an error of that of a service, which came when the head of a stream was out.
    pub(crate) fn service(source: BoxError) -> Self {
        Self::caused_by(ErrorKind::Service, unwrap_axum(source))
    }

    /// Returns `true` if the answer to the request was a response that came too late for its head.
    pub(crate) fn is_late(&self) -> bool {
        matches!(self.kind, ErrorKind::Late(_))
    }

    /// Makes the error by which the layer breaks a stream.
    pub(crate) fn cut(reason: CloseReason) -> Self {
        Self {
            kind: ErrorKind::Cut(reason),
            source: None,
        }
    }

    fn caused_by(kind: ErrorKind, source: BoxError) -> Self {
        match source.downcast() {
            Ok(error) => *error,
            Err(source) => Self {
                kind,
                source: Some(source),
            },
        }
    }

    /// Returns `true` if an event could not be encoded.
    pub fn is_encode(&self) -> bool {
        matches!(self.kind, ErrorKind::Encode)
    }

    /// Returns `true` if the handler's stream or body panicked. The source then has the text of the
    /// panic, if it has one.
    pub fn is_panic(&self) -> bool {
        matches!(self.kind, ErrorKind::Panic)
    }

    /// Returns the reason for which the layer cut the stream, or `None` if the stream failed by
    /// itself.
    pub fn close_reason(&self) -> Option<CloseReason> {
        match self.kind {
            ErrorKind::Cut(reason) => Some(reason),
            _ => None,
        }
    }

    /// Returns the cause, or this error if it has none.
    pub fn into_inner(self) -> BoxError {
        match self.source {
            Some(source) => source,
            None => Box::new(self),
        }
    }

    /// Returns the text of this error and of all its causes.
    ///
    /// A wrapper such as `axum::Error` has the text of its source: a text that equals the one before
    /// is left out.
    pub(crate) fn chain(&self) -> String {
        let mut text = self.to_string();
        let mut last = text.clone();
        let mut next = error::Error::source(self);
        while let Some(error) = next {
            let this = error.to_string();
            if this != last {
                text.push_str(": ");
                text.push_str(&this);
                last = this;
            }
            next = error.source();
        }
        text
    }
}

/// Returns the error within axum's own type, in which its bodies wrap every error.
#[cfg(feature = "axum")]
fn unwrap_axum(mut error: BoxError) -> BoxError {
    loop {
        error = match error.downcast::<axum_core::Error>() {
            Ok(wrapper) => wrapper.into_inner(),
            Err(error) => return error,
        };
    }
}

#[cfg(not(feature = "axum"))]
fn unwrap_axum(error: BoxError) -> BoxError {
    error
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            ErrorKind::Stream => f.write_str("the stream of events failed"),
            ErrorKind::Encode => f.write_str("an event could not be encoded"),
            ErrorKind::Body => f.write_str("the response body failed"),
            ErrorKind::Panic => f.write_str("the stream of events panicked"),
            ErrorKind::TooLarge(max) => write!(f, "an event has more than {max} bytes"),
            ErrorKind::Late(status) => {
                write!(
                    f,
                    "the service answered {status} after the head of a stream"
                )
            }
            ErrorKind::Service => f.write_str("the service failed after the head of a stream"),
            ErrorKind::Cut(reason) => write!(f, "the event stream was cut: {reason}"),
        }
    }
}

impl error::Error for Error {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_an_error_of_its_own_type_as_it_is() {
        let error = Error::body(Error::encode("no".into()).into());
        assert!(error.is_encode());
        assert_eq!(error.chain(), "an event could not be encoded: no");
    }

    #[test]
    fn has_the_text_of_a_panic() {
        let text = |payload: Box<dyn Any + Send>| Error::panic(payload).chain();
        let panicked = "the stream of events panicked";
        assert_eq!(text(Box::new("one")), format!("{panicked}: one"));
        let formatted = Box::new(String::from("two"));
        assert_eq!(text(formatted), format!("{panicked}: two"));
        assert_eq!(text(Box::new(3)), panicked);
    }

    /// An error with the text of its source, as `axum::Error` is.
    #[derive(Debug)]
    struct Transparent(BoxError);

    impl fmt::Display for Transparent {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            self.0.fmt(f)
        }
    }

    impl error::Error for Transparent {
        fn source(&self) -> Option<&(dyn error::Error + 'static)> {
            Some(&*self.0)
        }
    }

    #[test]
    fn says_nothing_twice_in_a_row() {
        let panicked = Error::panic(Box::new("oh no"));
        let wrapped = Transparent(Transparent(panicked.into()).into());
        assert_eq!(
            Error::body(wrapped.into()).chain(),
            "the response body failed: the stream of events panicked: oh no"
        );
    }

    #[cfg(feature = "axum")]
    #[test]
    fn finds_an_error_of_its_own_type_within_those_of_axum() {
        let axum = axum_core::Error::new(Error::panic(Box::new("oh no")));
        let error = Error::body(axum_core::Error::new(axum).into());
        assert!(error.is_panic());
        assert_eq!(error.chain(), "the stream of events panicked: oh no");
    }

    #[test]
    fn says_why_the_layer_cut_a_stream() {
        let error = Error::cut(CloseReason::Lifetime);
        assert_eq!(error.close_reason(), Some(CloseReason::Lifetime));
        assert_eq!(error.to_string(), "the event stream was cut: lifetime");
        assert!(error.into_inner().is::<Error>());
    }
}
