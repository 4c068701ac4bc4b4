//! `Serialize` values as data.

use bytes::Bytes;
use serde::Serialize;

use super::separators::escape_separators;
use crate::{BoxError, EncodeEvent, Encoder, Event};

/// Sends a value as JSON data, written straight into the frame.
///
/// ```
/// use tower_sse::{EncodedEvent, Json};
///
/// #[derive(serde::Serialize)]
/// struct Votes { yes: u32, no: u32 }
///
/// let event = EncodedEvent::new(&Json(Votes { yes: 3, no: 1 }))?;
/// assert_eq!(event.as_bytes(), b"data: {\"yes\":3,\"no\":1}\n\n");
/// # Ok::<(), tower_sse::BoxError>(())
/// ```
///
/// U+2028, U+2029 and U+0085 are written as escapes, which mean the same value, because some clients
/// would end the line there.
///
/// To add a name or an id, use an [`Event`] (see [`Event::json`]) or an [`EncodeEvent`] of your own with
/// [`Encoder::json`]. It is not axum's `Json`, which is a whole response: if both are in scope, write
/// `tower_sse::Json`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Json<T>(pub T);

impl<T: Serialize> EncodeEvent for Json<T> {
    fn encode(&self, encoder: &mut Encoder) -> Result<(), BoxError> {
        encoder.json(&self.0)?;
        Ok(())
    }
}

impl Encoder {
    /// Writes a value as JSON data.
    ///
    /// # Errors
    ///
    /// Fails if the value cannot be JSON. Then no data has been written.
    pub fn json<T>(&mut self, value: &T) -> Result<&mut Self, serde_json::Error>
    where
        T: Serialize + ?Sized,
    {
        // Line ends are searched for once, in the whole JSON, not in each fragment that serde writes. Only
        // a `RawValue` can have some.
        self.data_with(|buffer| {
            let start = buffer.len();
            serde_json::to_writer(&mut *buffer, value)?;
            escape_separators(buffer, start);
            Ok(())
        })
    }
}

impl Event {
    /// Creates an event whose data is a value as JSON.
    ///
    /// ```
    /// use tower_sse::Event;
    ///
    /// assert_eq!(Event::json(&[1, 2])?, Event::new("[1,2]"));
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Fails if the value cannot be JSON, such as a map whose keys are not strings.
    pub fn json<T: Serialize + ?Sized>(value: &T) -> Result<Self, serde_json::Error> {
        let mut json = serde_json::to_vec(value)?;
        escape_separators(&mut json, 0);
        Ok(Self::new(Bytes::from(json)))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::value::RawValue;

    use super::*;
    use crate::EncodedEvent;

    #[test]
    fn splits_raw_json_at_its_line_ends() {
        let raw = RawValue::from_string("[1,\r\n2,\n3,\r4]".to_owned()).unwrap();
        assert_eq!(
            EncodedEvent::new(&Json(raw)).unwrap().as_bytes(),
            b"data: [1,\ndata: 2,\ndata: 3,\ndata: 4]\n\n"
        );
    }

    #[test]
    fn leaves_nothing_of_a_value_that_fails() {
        // The first value is written before the key of the second map fails.
        let half = (1, BTreeMap::from([((), ())]));
        let mut encoder = Encoder::new();
        encoder.push(&Event::new("before")).unwrap();
        assert!(encoder.push(&Json(half)).is_err());
        encoder.push(&Event::new("after")).unwrap();
        assert_eq!(&*encoder.take(), b"data: before\n\ndata: after\n\n");
    }

    #[test]
    fn goes_on_after_an_error_that_was_not_passed_on() {
        struct Lenient;

        impl EncodeEvent for Lenient {
            fn encode(&self, encoder: &mut Encoder) -> Result<(), BoxError> {
                encoder.id(&1.into());
                if encoder.json(&BTreeMap::from([((), ())])).is_err() {
                    encoder.data("none");
                }
                Ok(())
            }
        }

        assert_eq!(
            EncodedEvent::new(&Lenient).unwrap().as_bytes(),
            b"id: 1\ndata: none\n\n"
        );
    }
}
