use std::{error, fmt};

/// Any error, as bodies, frameworks and [`EncodeEvent`](crate::EncodeEvent) pass it on.
pub type BoxError = Box<dyn error::Error + Send + Sync>;

/// Why an [`EventStream`](crate::EventStream) failed. The cause is its `source()`.
#[derive(Debug)]
pub struct Error {
    kind: Kind,
    source: BoxError,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Stream,
    Encode,
}

impl Error {
    /// Makes an error of what the stream yielded; one that is from here already stays as it is.
    pub(crate) fn stream(source: BoxError) -> Self {
        match source.downcast() {
            Ok(error) => *error,
            Err(source) => {
                let kind = Kind::Stream;
                Self { kind, source }
            }
        }
    }

    pub(crate) fn encode(source: BoxError) -> Self {
        let kind = Kind::Encode;
        Self { kind, source }
    }

    /// Tells whether an event could not be encoded; otherwise the stream itself yielded an error.
    pub fn is_encode(&self) -> bool {
        matches!(self.kind, Kind::Encode)
    }

    /// Returns the cause.
    pub fn into_inner(self) -> BoxError {
        self.source
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            Kind::Stream => "the stream of events failed",
            Kind::Encode => "an event could not be encoded",
        })
    }
}

impl error::Error for Error {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        Some(&*self.source)
    }
}
