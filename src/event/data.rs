//! The data of events.

use std::{borrow::Cow, fmt};

use bytes::Bytes;

/// The data of an [`Event`](super::Event).
///
/// It is made from static text, a `String` or `Bytes` without a copy. It may be any text: each line (ended
/// by LF, CR or CRLF, which all read back as LF) is sent as a `data` field. Bytes that are not UTF-8 are
/// sent as they are; clients read U+FFFD in their place.
#[derive(Clone)]
pub struct EventData(DataBytes);

#[derive(Clone)]
enum DataBytes {
    Text(Cow<'static, str>),
    Bytes(Bytes),
}

impl EventData {
    /// Returns the bytes of the data.
    pub fn as_bytes(&self) -> &[u8] {
        match &self.0 {
            DataBytes::Text(text) => text.as_bytes(),
            DataBytes::Bytes(bytes) => bytes,
        }
    }
}

impl From<&'static str> for EventData {
    fn from(text: &'static str) -> Self {
        Self(DataBytes::Text(text.into()))
    }
}

impl From<String> for EventData {
    fn from(text: String) -> Self {
        Self(DataBytes::Text(text.into()))
    }
}

impl From<Cow<'static, str>> for EventData {
    fn from(text: Cow<'static, str>) -> Self {
        Self(DataBytes::Text(text))
    }
}

impl From<Bytes> for EventData {
    fn from(bytes: Bytes) -> Self {
        Self(DataBytes::Bytes(bytes))
    }
}

impl PartialEq for EventData {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl Eq for EventData {}

impl fmt::Debug for EventData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&String::from_utf8_lossy(self.as_bytes()), f)
    }
}
