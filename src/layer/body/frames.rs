use std::{
    pin::Pin,
    task::{Context, Poll},
};

use http_body::Body;

use super::{
    gatherer::Gatherer,
    source::{NextFrame, poll_next},
};
use crate::BoxError;

/// The frames of the body inside.
#[derive(Debug)]
pub(super) enum Frames {
    /// Of an `EventStream`, which has gathered its events itself.
    AsTheyAre,
    /// Of any other body: small ones are gathered.
    Gathered(Gatherer),
}

impl Frames {
    pub(super) fn of_stream(is_typed: bool) -> Self {
        match is_typed {
            true => Self::AsTheyAre,
            false => Self::Gathered(Gatherer::default()),
        }
    }

    pub(super) fn poll_next<B>(
        &mut self,
        body: Pin<&mut B>,
        cx: &mut Context<'_>,
    ) -> Poll<NextFrame>
    where
        B: Body,
        B::Error: Into<BoxError>,
    {
        match self {
            Self::AsTheyAre => poll_next(body, cx),
            Self::Gathered(gatherer) => gatherer.poll(body, cx),
        }
    }

    /// Returns `true` if no frame follows.
    pub(super) fn is_end<B: Body>(&self, body: &B) -> bool {
        match self {
            Self::AsTheyAre => body.is_end_stream(),
            Self::Gathered(gatherer) => gatherer.is_end(body),
        }
    }
}
