use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body::{Body, Frame};

use crate::{BoxError, Error, wire::into_bytes};

/// The result of polling a body: a frame, an error, or its end.
pub(super) type NextFrame = Option<Result<Frame<Bytes>, Error>>;

/// Polls the body inside. Its panic becomes an error: the stream fails, and the connection's other
/// streams go on.
pub(super) fn poll_next<B>(body: Pin<&mut B>, cx: &mut Context<'_>) -> Poll<NextFrame>
where
    B: Body,
    B::Error: Into<BoxError>,
{
    // A body that has panicked is not polled again, so what state it is in does not matter.
    match catch_unwind(AssertUnwindSafe(|| body.poll_frame(cx))) {
        Ok(polled) => polled
            .map_ok(|frame| frame.map_data(into_bytes))
            .map_err(|error| Error::body(error.into())),
        Err(payload) => Poll::Ready(Some(Err(Error::panic(payload)))),
    }
}
