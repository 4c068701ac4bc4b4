use std::{fmt, mem, ops::Range};

use bytes::Bytes;

use super::{
    action::EventAction,
    oversize::OversizePolicy,
    raw_event::RawEvent,
    splitter::{BOM, Kind, Piece, Splitter},
};
use crate::{Encoder, Error};

/// The default for [`EventMapBody::max_event_size`](crate::EventMapBody::max_event_size).
const MAX_EVENT_SIZE: usize = 1024 * 1024;

/// Hands the events of chunks to a closure, and writes what goes out.
pub(super) struct Mapper<F> {
    map: F,
    splitter: Splitter,
    /// The part of the chunk that goes out as it is, and is not written yet.
    kept: Range<usize>,
    max: usize,
    oversize: OversizePolicy,
    /// Whether events that are kept are counted.
    counts: bool,
    start: Start,
}

/// What has become of the start of the stream, where clients take a byte order mark for one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Start {
    Unsent,
    /// It has been dropped, and nothing has been sent: a mark that comes first now is none.
    Dropped,
    Sent,
}

impl<F> Mapper<F> {
    pub(super) fn new(map: F) -> Self {
        Self {
            map,
            splitter: Splitter::new(MAX_EVENT_SIZE),
            kept: 0..0,
            max: MAX_EVENT_SIZE,
            oversize: OversizePolicy::default(),
            counts: false,
            start: Start::Unsent,
        }
    }

    pub(super) fn set_max_event_size(&mut self, max: usize, policy: OversizePolicy) {
        self.splitter.set_max(max);
        self.max = max;
        self.oversize = policy;
    }

    pub(super) fn count_events(&mut self) {
        self.counts = true;
    }

    /// Adds a chunk, when the last one has been written.
    #[inline]
    pub(super) fn push(&mut self, chunk: Bytes) {
        self.splitter.push(chunk);
    }

    /// Returns `true` if there is more to write.
    #[inline]
    pub(super) fn has_more(&self) -> bool {
        self.splitter.has_more()
    }

    /// Returns `true` if an event may follow what has been written.
    pub(super) fn is_between_events(&self) -> bool {
        // Nothing of an event goes out over which the stream fails.
        self.oversize.fails() || !self.splitter.is_within_oversize()
    }

    /// Writes what is kept of the chunk, if it has not been written yet.
    #[inline]
    pub(super) fn flush(&mut self, encoder: &mut Encoder) {
        let kept = mem::replace(&mut self.kept, 0..0);
        if !kept.is_empty() {
            self.start(encoder, |splitter| &splitter.chunk()[kept.clone()]);
            encoder.pass(self.splitter.chunk(), kept);
        }
    }

    /// Prepares for bytes that go out as they are. If they begin with a byte order mark, and would be the first of
    /// the stream though they were not, clients would strip it: then they get another to strip.
    #[inline]
    fn start(&mut self, encoder: &mut Encoder, next: impl FnOnce(&Splitter) -> &[u8]) {
        let start = mem::replace(&mut self.start, Start::Sent);
        if start == Start::Dropped && next(&self.splitter).starts_with(BOM) {
            encoder.pass_copy(BOM);
        }
    }

    #[inline]
    fn drop_event(&mut self) {
        self.splitter.skip_split_lf();
        if self.start == Start::Unsent && self.kept.is_empty() {
            self.start = Start::Dropped;
        }
    }

    /// Writes the rest of the chunk, and the beginning of an event that it leaves unfinished. Returns `true`
    /// if there is no such event.
    pub(super) fn finish(&mut self, encoder: &mut Encoder) -> bool {
        let is_whole = self.is_between_events();
        let unfinished = self.splitter.finish();
        if !unfinished.is_empty() {
            encoder.pass_copy(unfinished);
        }
        is_whole && unfinished.is_empty()
    }

    pub(super) fn release_memory(&mut self) {
        self.splitter.release_memory();
    }
}

impl<F> Mapper<F>
where
    F: FnMut(RawEvent<'_>) -> EventAction,
{
    /// Writes what goes out of the chunk, as far as it fits into a frame.
    pub(super) fn write(&mut self, encoder: &mut Encoder) -> Result<(), Error> {
        while let Some(piece) = self.splitter.next() {
            match piece {
                Piece::InChunk(kind, range) => {
                    let action = self.action(kind, range.clone(), encoder)?;
                    self.apply(action, range, encoder);
                }
                Piece::Joined(kind) => self.write_joined(kind, encoder)?,
            }
            if encoder.is_full() {
                break;
            }
        }
        self.flush(encoder);
        Ok(())
    }

    /// Returns what is done with a piece of the chunk.
    #[inline]
    fn action(
        &mut self,
        kind: Kind,
        range: Range<usize>,
        encoder: &mut Encoder,
    ) -> Result<EventAction, Error> {
        match kind {
            Kind::Event => {
                let event = RawEvent::new(&self.splitter.chunk()[range]);
                Ok(act(&mut self.map, event, self.counts, encoder))
            }
            Kind::Other => Ok(EventAction::Keep),
            Kind::Oversize => self.check_oversize(),
        }
    }

    #[inline]
    fn apply(&mut self, action: EventAction, range: Range<usize>, encoder: &mut Encoder) {
        match action {
            EventAction::Keep if self.kept.end == range.start => self.kept.end = range.end,
            EventAction::Keep => {
                self.flush(encoder);
                self.kept = range;
            }
            EventAction::Drop => self.drop_event(),
            EventAction::Replace(event) => {
                self.splitter.skip_split_lf();
                self.flush(encoder);
                self.start = Start::Sent;
                encoder.encoded(&event);
            }
        }
    }

    /// Writes a piece that has begun in an earlier chunk.
    fn write_joined(&mut self, kind: Kind, encoder: &mut Encoder) -> Result<(), Error> {
        let action = match kind {
            Kind::Event => {
                let event = RawEvent::new(self.splitter.joined());
                act(&mut self.map, event, self.counts, encoder)
            }
            Kind::Other => EventAction::Keep,
            Kind::Oversize => self.check_oversize()?,
        };
        match action {
            EventAction::Keep => {
                self.start(encoder, Splitter::joined);
                encoder.pass_copy(self.splitter.joined());
            }
            EventAction::Drop => self.drop_event(),
            EventAction::Replace(event) => {
                self.splitter.skip_split_lf();
                self.start = Start::Sent;
                encoder.encoded(&event);
            }
        }
        Ok(())
    }

    fn check_oversize(&self) -> Result<EventAction, Error> {
        match self.oversize.fails() {
            true => Err(Error::too_large(self.max)),
            false => Ok(EventAction::Keep),
        }
    }
}

/// Asks the closure about an event.
#[inline]
fn act<F>(map: &mut F, event: RawEvent<'_>, counts: bool, encoder: &mut Encoder) -> EventAction
where
    F: FnMut(RawEvent<'_>) -> EventAction,
{
    let action = map(event);
    if counts && matches!(action, EventAction::Keep) && event.has_data() {
        encoder.count(1);
    }
    action
}

impl<F> fmt::Debug for Mapper<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Mapper")
    }
}
