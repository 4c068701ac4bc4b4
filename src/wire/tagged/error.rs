use std::{error, fmt};

use crate::InvalidEventName;

/// A value cannot be sent as a tagged event.
#[derive(Debug)]
pub struct TaggedError(pub(super) Kind);

#[derive(Debug)]
pub(super) enum Kind {
    NotAnEnum(&'static str),
    Name(InvalidEventName),
    Json(serde_json::Error),
}

impl From<serde_json::Error> for TaggedError {
    fn from(error: serde_json::Error) -> Self {
        Self(Kind::Json(error))
    }
}

impl fmt::Display for TaggedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::NotAnEnum(got) => {
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
            Kind::Name(_) => f.write_str("the variant's name cannot be an event's"),
            Kind::Json(_) => f.write_str("the variant's content cannot be written as JSON"),
        }
    }
}

impl error::Error for TaggedError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match &self.0 {
            Kind::NotAnEnum(_) => None,
            Kind::Name(error) => Some(error),
            Kind::Json(error) => Some(error),
        }
    }
}
