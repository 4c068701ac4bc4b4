//! The fields of events.

use std::{fmt, mem, ops::Range, time::Duration};

use bytes::Bytes;
use memchr::memchr2;

use super::{
    encoded_event::EncodedEvent,
    frame_buffer::{FrameBuffer, FrameMark},
    lines::Lines,
};
use crate::{Event, EventId, EventName};

/// The longest `retry`, in milliseconds, that every browser respects.
const MAX_RETRY: u128 = (1 << 31) - 1;

/// A writer of the fields of events.
///
/// Whatever is called, and in whatever order, the result is well-formed: a value cannot break out of its
/// field. If an event gets several names, ids or retries, the last one holds for the client. Several calls
/// of [`data`](Self::data) add lines.
#[derive(Debug)]
pub struct Encoder {
    frames: FrameBuffer,
    /// Whether fields have been written that no blank line has ended yet.
    in_event: bool,
    /// Whether data is among those fields, so that clients dispatch them as an event.
    has_data: bool,
    /// The number of events written since [`take_events`](Self::take_events).
    events: u32,
    /// Whether an event with the id of a channel has been written.
    is_resumable: bool,
}

/// A point between two items, to which an encoder can return.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Mark {
    frames: FrameMark,
    events: u32,
}

impl Encoder {
    pub(crate) fn new() -> Self {
        Self::with_frame_size(usize::MAX)
    }

    /// Makes an encoder of frames that an encoded event does not make longer than this size.
    pub(crate) fn with_frame_size(frame_size: usize) -> Self {
        Self {
            frames: FrameBuffer::new(frame_size),
            in_event: false,
            has_data: false,
            events: 0,
            is_resumable: false,
        }
    }

    pub(crate) fn set_frame_size(&mut self, frame_size: usize) {
        self.frames.set_frame_size(frame_size);
    }

    /// Writes the name of the event.
    pub fn name(&mut self, name: &EventName) -> &mut Self {
        self.field(b"event: ", name.as_bytes())
    }

    /// Writes the id of the event.
    pub fn id(&mut self, id: &EventId) -> &mut Self {
        self.field(b"id: ", id.as_bytes())
    }

    /// Writes the time that the client waits before it reconnects.
    ///
    /// It is sent in whole milliseconds, rounded up, at most 2^31 - 1.
    pub fn retry(&mut self, retry: Duration) -> &mut Self {
        let mut digits = itoa::Buffer::new();
        self.field(b"retry: ", digits.format(millis(retry)).as_bytes())
    }

    /// Writes a comment, as one comment line for each line of the text.
    pub fn comment(&mut self, comment: &str) -> &mut Self {
        self.begin();
        for line in Lines::of(comment.as_bytes()) {
            if line.is_empty() {
                self.line(b":", line);
            } else {
                self.line(b": ", line);
            }
        }
        self
    }

    /// Writes data, as one `data` field for each line of it. Empty data is one empty line.
    pub fn data(&mut self, data: impl AsRef<[u8]>) -> &mut Self {
        self.begin();
        self.has_data = true;
        self.data_lines(data.as_ref());
        self
    }

    /// Writes formatted data without an intermediate string.
    ///
    /// # Errors
    ///
    /// Fails if the formatting of a value does. Then no data has been written.
    pub fn data_fmt(&mut self, data: fmt::Arguments<'_>) -> Result<&mut Self, fmt::Error> {
        self.data_with(|buffer| fmt::write(&mut FmtWriter(buffer), data))
    }

    /// Writes an event that was encoded before. Fields written so far become a separate event.
    pub fn encoded(&mut self, event: &EncodedEvent) -> &mut Self {
        self.end_event();
        self.events += event.events;
        // A channel may be hidden in the type of the stream, but not in its events.
        self.is_resumable |= event.is_resumable;
        self.frames.push_encoded(&event.bytes);
        self
    }

    /// Passes on a part of the bytes of other code, which are whole events. It is copied only behind
    /// others.
    #[inline]
    pub(crate) fn pass(&mut self, bytes: &Bytes, part: Range<usize>) {
        self.frames.push_slice(bytes, part);
    }

    /// Passes on a copy of bytes of other code.
    pub(crate) fn pass_copy(&mut self, bytes: &[u8]) {
        self.frames.push_copy(bytes);
    }

    /// Counts events that are passed on.
    #[inline]
    pub(crate) fn count(&mut self, events: u32) {
        self.events += events;
    }

    /// Ends the event with a blank line, so that another can follow in the same item. Does nothing if no
    /// field has been written.
    #[inline]
    pub fn end_event(&mut self) -> &mut Self {
        if self.in_event {
            self.frames.in_progress().push(b'\n');
            self.in_event = false;
            self.events += u32::from(mem::take(&mut self.has_data));
        }
        self
    }

    /// Returns the number of events written since the last call, and begins to count again.
    #[inline]
    pub(crate) fn take_events(&mut self) -> u32 {
        mem::take(&mut self.events)
    }

    /// Writes the fields of an event, which cannot fail.
    pub(crate) fn event(&mut self, event: &Event) {
        if let Some(comment) = &event.comment {
            self.comment(comment);
        }
        if let Some(name) = &event.name {
            self.name(name);
        }
        if let Some(id) = &event.id {
            self.id(id);
        }
        if let Some(retry) = event.retry {
            self.retry(retry);
        }
        if let Some(data) = &event.data {
            self.data(data.as_bytes());
        }
    }

    /// Writes what the closure writes as data. If it fails, nothing has been written.
    pub(crate) fn data_with<E>(
        &mut self,
        write: impl FnOnce(&mut Vec<u8>) -> Result<(), E>,
    ) -> Result<&mut Self, E> {
        let in_event = self.in_event;
        self.begin();
        let buffer = self.frames.in_progress();
        let before = buffer.len();
        buffer.extend_from_slice(b"data: ");
        let start = buffer.len();
        if let Err(error) = write(buffer) {
            buffer.truncate(before);
            self.in_event = in_event;
            return Err(error);
        }
        self.has_data = true;
        if memchr2(b'\r', b'\n', &buffer[start..]).is_none() {
            buffer.push(b'\n');
            return Ok(self);
        }
        // The data has lines of its own, which is rare: it is written once more, line by line.
        let data = buffer.split_off(start);
        buffer.truncate(before);
        self.data_lines(&data);
        Ok(self)
    }

    /// Returns `true` if an event with the id of a channel has been written.
    #[inline]
    pub(crate) fn has_resumable_events(&self) -> bool {
        self.is_resumable
    }

    /// Returns `true` if there is nothing to take.
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.frames.is_empty()
    }

    /// Returns `true` if a frame should be sent although more events may be ready.
    #[inline]
    pub(crate) fn is_full(&self) -> bool {
        self.frames.is_full()
    }

    /// Takes a frame out.
    pub(crate) fn take(&mut self) -> Bytes {
        self.frames.take()
    }

    /// Takes the frame in progress, in no more memory than it needs.
    pub(crate) fn take_exact(&mut self) -> Bytes {
        self.frames.take_exact()
    }

    /// Returns everything written so far as one encoded event.
    pub(super) fn into_event(mut self) -> EncodedEvent {
        EncodedEvent {
            bytes: self.take_exact(),
            events: self.events,
            is_resumable: self.is_resumable,
        }
    }

    /// Releases memory that an idle stream should not keep.
    pub(crate) fn release_memory(&mut self) {
        self.frames.release_memory();
    }

    /// Returns the point after all whole items so far.
    #[inline]
    pub(crate) fn mark(&self) -> Mark {
        Mark {
            frames: self.frames.mark(),
            events: self.events,
        }
    }

    /// Removes what was written after a mark.
    pub(crate) fn reset(&mut self, mark: Mark) {
        self.frames.reset(mark.frames);
        self.in_event = false;
        self.has_data = false;
        self.events = mark.events;
    }

    /// Prepares the frame for a field.
    #[inline]
    fn begin(&mut self) {
        self.in_event = true;
        self.frames.begin();
    }

    /// Writes a field whose value has no line end.
    #[inline]
    fn field<const N: usize>(&mut self, prefix: &[u8; N], value: &[u8]) -> &mut Self {
        self.begin();
        self.line(prefix, value);
        self
    }

    fn data_lines(&mut self, data: &[u8]) {
        if memchr2(b'\r', b'\n', data).is_none() {
            return self.line(b"data: ", data);
        }
        // Enough if the lines have 48 bytes on average, at six bytes for each `data: `.
        let buffer = self.frames.in_progress();
        buffer.reserve(data.len() + data.len() / 8);
        for line in Lines::of(data) {
            self.line(b"data: ", line);
        }
    }

    #[inline]
    fn line<const N: usize>(&mut self, prefix: &[u8; N], value: &[u8]) {
        let buffer = self.frames.in_progress();
        // Two more: for the end of the line, and for a blank line after it.
        buffer.reserve(N + value.len() + 2);
        buffer.extend_from_slice(prefix);
        buffer.extend_from_slice(value);
        buffer.push(b'\n');
    }
}

/// A `fmt::Write` into bytes. (`io::Write::write_fmt` panics if a value fails without an error of the
/// writer.)
struct FmtWriter<'a>(&'a mut Vec<u8>);

impl fmt::Write for FmtWriter<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.extend_from_slice(text.as_bytes());
        Ok(())
    }
}

/// Returns whole milliseconds, rounded up so that a short `retry` does not become 0.
fn millis(duration: Duration) -> u32 {
    let rest = duration.subsec_nanos() % 1_000_000;
    let millis = duration.as_millis() + u128::from(rest > 0);
    millis.min(MAX_RETRY) as u32
}
