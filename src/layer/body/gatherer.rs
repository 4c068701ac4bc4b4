use std::{
    mem,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http_body::{Body, Frame};

use super::source::{NextFrame, poll_next};
use crate::{
    BoxError,
    stream::OwedPending,
    wire::{FRAME_SIZE, MAX_EMPTY_ITEMS},
};

/// Gathers the frames of a body that are ready into one, as an `EventStream` gathers events: each frame
/// costs the server a write, and none is held back for what may follow.
#[derive(Debug, Default)]
pub(super) struct Gatherer {
    pending: OwedPending,
    /// What the body has yielded after the frame that was returned last.
    held: Option<Box<NextFrame>>,
}

impl Gatherer {
    /// Polls for the next frame of the body, which is not empty.
    pub(super) fn poll<B>(&mut self, body: Pin<&mut B>, cx: &mut Context<'_>) -> Poll<NextFrame>
    where
        B: Body,
        B::Error: Into<BoxError>,
    {
        ready!(self.pending.poll(cx));
        let mut batch = Batch::default();
        let gather = |cx: &mut Context<'_>| gather(&mut batch, &mut self.held, body, cx);
        let gathered = self.pending.poll_source(cx, gather);
        if let Some(data) = batch.take() {
            if gathered.is_pending() {
                self.pending.owe();
            }
            return Poll::Ready(Some(Ok(Frame::data(data))));
        }
        ready!(gathered);
        Poll::Ready(self.held.take().and_then(|held| *held))
    }

    /// Returns `true` if nothing follows.
    pub(super) fn is_end<B: Body>(&self, body: &B) -> bool {
        match self.held.as_deref() {
            Some(held) => held.is_none(),
            None => body.is_end_stream(),
        }
    }
}

/// Adds to a batch what is ready, and holds what is to come after it. Is pending while more may
/// come, ready when the batch is full or something is held.
fn gather<B>(
    batch: &mut Batch,
    held: &mut Option<Box<NextFrame>>,
    mut body: Pin<&mut B>,
    cx: &mut Context<'_>,
) -> Poll<()>
where
    B: Body,
    B::Error: Into<BoxError>,
{
    let mut empty = 0;
    while empty < MAX_EMPTY_ITEMS {
        let next = match held.take() {
            Some(next) => *next,
            None => ready!(poll_next(body.as_mut(), cx)),
        };
        let after = match next.map(|frame| frame.map(Frame::into_data)) {
            Some(Ok(Ok(data))) if data.is_empty() => {
                empty += 1;
                continue;
            }
            Some(Ok(Ok(data))) => match batch.push(data) {
                Ok(()) if batch.is_full() => return Poll::Ready(()),
                Ok(()) => continue,
                Err(data) => Some(Ok(Frame::data(data))),
            },
            Some(Ok(Err(frame))) => Some(Ok(frame)),
            Some(Err(error)) => Some(Err(error)),
            None => None,
        };
        *held = Some(Box::new(after));
        return Poll::Ready(());
    }
    cx.waker().wake_by_ref();
    Poll::Pending
}

/// Frames that leave as one.
#[derive(Default)]
struct Batch {
    /// A frame that is all so far, so that it can leave without a copy.
    lone: Bytes,
    buffer: Vec<u8>,
}

impl Batch {
    fn len(&self) -> usize {
        self.lone.len() + self.buffer.len()
    }

    fn is_full(&self) -> bool {
        self.len() >= FRAME_SIZE
    }

    /// Adds a frame, or returns it if it would make the batch too long.
    fn push(&mut self, data: Bytes) -> Result<(), Bytes> {
        match self.len() {
            0 => self.lone = data,
            len if len + data.len() > FRAME_SIZE => return Err(data),
            _ => {
                let lone = mem::take(&mut self.lone);
                self.buffer.extend_from_slice(&lone);
                self.buffer.extend_from_slice(&data);
            }
        }
        Ok(())
    }

    fn take(self) -> Option<Bytes> {
        let data = match self.buffer.is_empty() {
            true => self.lone,
            false => self.buffer.into(),
        };
        Some(data).filter(|data| !data.is_empty())
    }
}
