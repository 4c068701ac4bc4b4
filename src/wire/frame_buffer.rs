//! The frames that an encoder writes into, and their memory.

use std::{collections::VecDeque, mem, ops::Range};

use bytes::Bytes;

/// The least capacity that is asked for when a frame begins.
const MIN_FRAME_CAPACITY: usize = 256;

/// The most capacity that is asked for when a frame begins, however long the frame before was.
const MAX_FRAME_CAPACITY: usize = 32 * 1024;

/// The most memory that is kept for the next frame.
const MAX_REUSED_CAPACITY: usize = 64 * 1024;

/// The most memory that is kept while the stream is idle.
const MAX_IDLE_CAPACITY: usize = 1024;

/// The frame in progress, and complete ones in front of it.
///
/// A server usually writes a frame and drops it before it asks for the next one. So one allocation, of the
/// size that the stream needs, serves for all of its frames.
#[derive(Debug)]
pub(super) struct FrameBuffer {
    buffer: Vec<u8>,
    /// The previous frame, whose memory is used again once the server has dropped the frame.
    previous: Bytes,
    previous_len: usize,
    previous_capacity: usize,
    /// An encoded event that is the whole frame so far. It stays out of the buffer so that it leaves
    /// without a copy: a channel sends the same bytes to each of its subscribers.
    lone: Option<Bytes>,
    /// Frames that are complete, in front of the one in progress.
    complete: VecDeque<Bytes>,
    /// The length that encoded events do not make a frame exceed.
    frame_size: usize,
}

/// A point between two items, to which a buffer can return.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct FrameMark {
    complete: usize,
    len: usize,
}

impl FrameBuffer {
    pub(super) fn new(frame_size: usize) -> Self {
        Self {
            buffer: Vec::new(),
            previous: Bytes::new(),
            previous_len: 0,
            previous_capacity: 0,
            lone: None,
            complete: VecDeque::new(),
            frame_size,
        }
    }

    pub(super) fn set_frame_size(&mut self, frame_size: usize) {
        self.frame_size = frame_size;
    }

    /// Returns the length of the frame in progress.
    #[inline]
    pub(super) fn frame_len(&self) -> usize {
        self.lone.as_ref().map_or(self.buffer.len(), Bytes::len)
    }

    /// Returns `true` if there is nothing to take.
    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.frame_len() == 0 && self.complete.is_empty()
    }

    /// Returns `true` if a frame should be sent although more events may be ready.
    #[inline]
    pub(super) fn is_full(&self) -> bool {
        self.frame_len() >= self.frame_size || !self.complete.is_empty()
    }

    /// Prepares for bytes of the frame in progress.
    #[inline]
    pub(super) fn begin(&mut self) {
        if self.buffer.is_empty() {
            self.begin_frame();
        }
    }

    /// Returns the frame in progress, to be written to after [`begin`](Self::begin).
    #[inline]
    pub(super) fn in_progress(&mut self) -> &mut Vec<u8> {
        &mut self.buffer
    }

    /// Makes room for a frame like the previous one, so that it does not grow step by step.
    fn begin_frame(&mut self) {
        // This fails while the server still has the frame, or a part of it.
        if let Ok(previous) = mem::take(&mut self.previous).try_into_mut() {
            self.buffer = previous.into();
            self.buffer.clear();
        }
        let capacity = self.previous_len;
        let capacity = capacity.clamp(MIN_FRAME_CAPACITY, MAX_FRAME_CAPACITY);
        self.buffer.reserve(capacity);
        // The lone event is lone no longer: the field comes behind it.
        if let Some(lone) = self.lone.take() {
            match lone.len() >= self.frame_size {
                true => self.complete.push_back(lone),
                false => self.buffer.extend_from_slice(&lone),
            }
        }
    }

    /// Adds an encoded event.
    pub(super) fn push_encoded(&mut self, event: &Bytes) {
        self.push_slice(event, 0..event.len());
    }

    /// Adds a part of some bytes, which is copied only behind others.
    #[inline]
    pub(super) fn push_slice(&mut self, bytes: &Bytes, part: Range<usize>) {
        let before = self.buffer.len();
        if before > 0 && before + part.len() <= self.frame_size {
            self.buffer.extend_from_slice(&bytes[part]);
            return;
        }
        self.make_room(part.len());
        match self.frame_len() {
            0 => self.lone = Some(bytes.slice(part)),
            // Copied behind the others: one frame costs the server less than two.
            _ => self.push_behind(&bytes[part]),
        }
    }

    /// Adds a copy of some bytes.
    pub(super) fn push_copy(&mut self, bytes: &[u8]) {
        self.make_room(bytes.len());
        self.push_behind(bytes);
    }

    /// Completes the frame in progress if so many bytes would make it too long.
    #[inline]
    fn make_room(&mut self, len: usize) {
        let before = self.frame_len();
        // A large event behind a small one would otherwise be copied for each of its receivers.
        if before > 0 && before.saturating_add(len) > self.frame_size {
            let frame = self.take_frame();
            self.complete.push_back(frame);
        }
    }

    #[inline]
    fn push_behind(&mut self, bytes: &[u8]) {
        self.begin();
        self.buffer.extend_from_slice(bytes);
    }

    /// Takes a frame out.
    pub(super) fn take(&mut self) -> Bytes {
        match self.complete.pop_front() {
            Some(frame) => frame,
            None => self.take_frame(),
        }
    }

    /// Takes the frame in progress.
    fn take_frame(&mut self) -> Bytes {
        self.previous_len = self.buffer.len();
        if self.lone.is_some() {
            // The memory in `previous` is still that of an earlier frame, which had this capacity.
            return self.take_exact();
        }
        self.previous_capacity = self.buffer.capacity();
        if self.previous_capacity > MAX_REUSED_CAPACITY {
            return self.take_exact();
        }
        // A second handle: when the server has dropped its own, this one gets the memory back.
        self.previous = mem::take(&mut self.buffer).into();
        self.previous.clone()
    }

    /// Takes the frame in progress, in no more memory than it needs.
    pub(super) fn take_exact(&mut self) -> Bytes {
        // A boxed slice has no spare capacity, which the log of a channel would keep for long.
        let buffered = || mem::take(&mut self.buffer).into_boxed_slice().into();
        self.lone.take().unwrap_or_else(buffered)
    }

    /// Releases memory that an idle stream should not keep.
    pub(super) fn release_memory(&mut self) {
        if self.previous_capacity > MAX_IDLE_CAPACITY {
            self.previous = Bytes::new();
        }
    }

    /// Returns the point after all that has been written.
    #[inline]
    pub(super) fn mark(&self) -> FrameMark {
        FrameMark {
            complete: self.complete.len(),
            len: self.frame_len(),
        }
    }

    /// Removes what was written after a mark.
    pub(super) fn reset(&mut self, mark: FrameMark) {
        if let Some(frame) = self.complete.get(mark.complete) {
            // The frame that was in progress has been completed since.
            let whole = frame.slice(..mark.len);
            self.complete.truncate(mark.complete);
            self.buffer.clear();
            self.lone = Some(whole);
        }
        self.buffer.truncate(mark.len);
        // It was written after the mark if nothing was there before.
        self.lone.take_if(|_| mark.len == 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_no_large_buffer_for_an_idle_stream_after_an_event_that_left_alone() {
        let mut frames = FrameBuffer::new(usize::MAX);
        frames.begin();
        frames.in_progress().resize(20_000, b'x');
        drop(frames.take());
        frames.push_encoded(&Bytes::from_static(b"data: y\n\n"));
        drop(frames.take());
        assert!(frames.previous.len() >= 20_000, "for a busy one it does");
        frames.release_memory();
        assert!(frames.previous.is_empty());
    }
}
