use std::{mem, sync::Arc, time::Instant};

use bytes::Bytes;

use crate::{
    Heartbeat, SseOptions,
    wire::{BomFilter, Boundary},
};

/// The bytes that the layer puts between those of a body: preamble and heartbeats, and the
/// places where they may stand.
#[derive(Debug)]
pub(super) struct Injection {
    heartbeat: Option<Arc<Heartbeat>>,
    bom: BomFilter,
    boundary: Boundary,
    /// Whether something has been sent since the heartbeat was last put off.
    busy: bool,
    next_heartbeat: Option<Instant>,
    /// The number of heartbeats so far.
    heartbeat_count: u64,
}

impl Injection {
    /// Begins with the preamble, if there is one.
    pub(super) fn begin(options: &SseOptions) -> (Self, Option<Bytes>) {
        let preamble = options.preamble.unwrap_or_default();
        let retry = options.retry.clone().unwrap_or_default();
        let preamble = preamble.encode(&retry);
        let injection = Self {
            heartbeat: options.heartbeat.clone(),
            bom: BomFilter::new(preamble.is_none()),
            boundary: Boundary::default(),
            busy: true,
            next_heartbeat: None,
            heartbeat_count: 0,
        };
        (injection, preamble)
    }

    /// Changes to options that have come after the begin. Returns the first line once more if it has changed.
    pub(super) fn update(&mut self, options: &SseOptions, has_retry: bool) -> Option<Bytes> {
        self.heartbeat = options.heartbeat.clone();
        // The next one is due by the new interval.
        self.busy = true;
        if !has_retry {
            return None;
        }
        let preamble = options.preamble.unwrap_or_default();
        let line = preamble.encode(&options.retry.clone().unwrap_or_default())?;
        self.bom.follow();
        Some(line)
    }

    /// Returns what goes out of a chunk of the body.
    pub(super) fn pass(&mut self, chunk: Bytes) -> Bytes {
        let chunk = self.bom.filter(chunk);
        if !chunk.is_empty() {
            self.boundary = self.boundary.after(&chunk);
            self.busy = true;
        }
        chunk
    }

    /// Returns `true` if an event may follow.
    pub(super) fn is_between_events(&self) -> bool {
        self.boundary == Boundary::Event
    }

    /// Returns what goes out of a chunk in a stream that ends with the event it is in, and whether more
    /// was in the chunk.
    pub(super) fn pass_to_boundary(&mut self, chunk: Bytes) -> (Bytes, bool) {
        let at = self.boundary;
        let mut chunk = self.bom.filter(chunk);
        let end = at.event_end(&chunk).unwrap_or(chunk.len());
        let is_cut = end < chunk.len();
        chunk.truncate(end);
        self.boundary = at.after(&chunk);
        (chunk, is_cut)
    }

    /// Returns when the next heartbeat is due in a stream that has fallen silent.
    pub(super) fn schedule_heartbeat(&mut self, now: impl FnOnce() -> Instant) -> Option<Instant> {
        let interval = Heartbeat::or_default(self.heartbeat.as_deref()).interval()?;
        if mem::take(&mut self.busy) {
            self.next_heartbeat = now().checked_add(interval);
        }
        self.next_heartbeat
    }

    /// Returns the heartbeat, if its time has come. Where none is safe, the body's next bytes put
    /// it off.
    pub(super) fn take_due_heartbeat(&mut self, now: Instant) -> Option<Bytes> {
        self.next_heartbeat.take_if(|next| *next <= now)?;
        let heartbeat = Heartbeat::or_default(self.heartbeat.as_deref());
        let heartbeat = heartbeat.at(self.boundary, self.heartbeat_count)?;
        self.heartbeat_count += 1;
        self.busy = true;
        self.bom.follow();
        Some(heartbeat)
    }
}
