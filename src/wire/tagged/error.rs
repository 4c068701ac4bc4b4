//! The errors of tagged events.

use std::{error, fmt};

use crate::InvalidEventName;

/// An error for a value that cannot be sent as a [`Tagged`](crate::Tagged) event.
#[derive(Debug)]
pub struct TaggedError(pub(super) TaggedErrorKind);

#[derive(Debug)]
pub(super) enum TaggedErrorKind {
    NotAnEnum(&'static str),
    Name(InvalidEventName),
    Json(serde_json::Error),
}

impl From<serde_json::Error> for TaggedError {
    fn from(error: serde_json::Error) -> Self {
        Self(TaggedErrorKind::Json(error))
    }
}

impl fmt::Display for TaggedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            TaggedErrorKind::NotAnEnum(got) => {
                write!(
                    f,
                    "only an externally tagged enum can be sent as a tagged event, not {got}: "
                )?;
                // An enum with a tag of its own serializes as one of these.
                if matches!(*got, "a struct" | "a map") {
                    f.write_str("remove `#[serde(tag)]`, or ")?;
                }
                f.write_str("send it as `Json`")
            }
            TaggedErrorKind::Name(_) => f.write_str("the variant's name cannot be an event's"),
            TaggedErrorKind::Json(_) => {
                f.write_str("the variant's content cannot be written as JSON")
            }
        }
    }
}

impl error::Error for TaggedError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match &self.0 {
            TaggedErrorKind::NotAnEnum(_) => None,
            TaggedErrorKind::Name(error) => Some(error),
            TaggedErrorKind::Json(error) => Some(error),
        }
    }
}
