use std::time::Instant;

use bytes::Bytes;
use http_body::Frame;

use super::{client::Client, injection::Injection, record::StreamRecord, schedule::EndSchedule};
use crate::{
    CloseReason, EncodedEvent, Error, EventId, SseOptions, headers::head, policy::late_event,
};

/// A stream that goes on: what the layer puts into it, and when and how the layer ends it.
#[derive(Debug)]
pub(super) struct Running {
    pub(super) schedule: EndSchedule,
    /// `None` where nothing may be put in, since the body is compressed.
    injection: Option<Injection>,
    boundary_wait: Option<BoundaryWait>,
    /// Whether a part of the last chunk was left out. The stream then is not whole, even if that was the
    /// last of its body.
    is_cut: bool,
    /// Whether the body has sent anything.
    has_sent: bool,
    /// Whether the client can get later what it misses, if the handler says so.
    resumable: Option<bool>,
}

/// Waits for the end of the event that the body has begun, with which the stream ends.
#[derive(Clone, Copy, Debug)]
pub(super) struct BoundaryWait {
    pub(super) reason: CloseReason,
    /// When the stream breaks within the event. `None` sets no limit.
    pub(super) by: Option<Instant>,
}

impl Running {
    /// Begins a stream, and returns its preamble.
    pub(super) fn begin(
        options: &SseOptions,
        since: Instant,
        sealed: bool,
    ) -> (Self, Option<Bytes>) {
        let (injection, preamble) = match sealed {
            true => (None, None),
            false => {
                let (injection, preamble) = Injection::begin(options);
                (Some(injection), preamble)
            }
        };
        let running = Self {
            schedule: EndSchedule::begin(options, since, since),
            injection,
            boundary_wait: None,
            is_cut: false,
            has_sent: false,
            resumable: options.resumable,
        };
        (running, preamble)
    }

    /// Returns `true` if the client can get later what it misses: the handler says so, or the client
    /// reads the stream as browsers do, or by GET or QUERY from a channel; but not from a generation.
    pub(super) fn is_resumable(&self, client: &Client, record: &StreamRecord) -> bool {
        let resumes =
            client.names_stream || client.has_repeatable_request && record.has_resumable_events();
        self.resumable.unwrap_or(resumes && !record.is_one_shot())
    }

    /// Returns `true` if events may be put in.
    pub(super) fn takes_events(&self) -> bool {
        self.injection.is_some()
    }

    /// Returns the event that the user has set for a reason, if it can be sent here.
    pub(super) fn event_for(&self, reason: CloseReason) -> Option<EncodedEvent> {
        let event = self.schedule.final_event(reason)?;
        self.has_place().then(|| event.clone())
    }

    /// Returns the event for a client that would reconnect, and get the same answer too late again.
    pub(super) fn late_event(&self, error: &Error, client: &Client) -> Option<EncodedEvent> {
        let may_send = client.names_stream && self.schedule.sends_final_retry();
        (error.is_late() && may_send && self.has_place())
            .then(|| late_event(self.last_event_id(client)))
    }

    /// Returns `true` if an event may be put in here.
    fn has_place(&self) -> bool {
        let injection = self.injection.as_ref();
        injection.is_some_and(Injection::is_between_events)
    }

    /// Changes the stream to options that have come after its begin. Returns the first line once more if it has
    /// changed.
    pub(super) fn update(
        &mut self,
        options: &SseOptions,
        has_retry: bool,
        since: Instant,
        now: Instant,
    ) -> Option<Bytes> {
        self.schedule = EndSchedule::begin(options, since, now);
        self.resumable = options.resumable;
        let injection = self.injection.as_mut()?;
        injection.update(options, has_retry)
    }

    /// Returns the id that the client resumed after, as long as it has seen nothing since.
    pub(super) fn last_event_id<'a>(&self, client: &'a Client) -> Option<&'a EventId> {
        client.last_event_id.as_deref().filter(|_| !self.has_sent)
    }

    /// Returns `true` if a part of the body was left out.
    pub(super) fn is_cut(&self) -> bool {
        self.is_cut
    }

    pub(super) fn boundary_wait(&self) -> Option<BoundaryWait> {
        self.boundary_wait
    }

    /// Returns `true` if the stream can end here. Within an event it first waits for the end of that,
    /// since a client may take half an event for a whole one, or glue it to the next connection's bytes.
    pub(super) fn is_at_boundary_or_wait(
        &mut self,
        reason: CloseReason,
        now: impl FnOnce() -> Instant,
    ) -> bool {
        let injection = self.injection.as_ref();
        if injection.is_none_or(Injection::is_between_events) {
            return true;
        }
        if self.boundary_wait.is_none() {
            let by = self.schedule.boundary_by(now());
            self.boundary_wait = Some(BoundaryWait { reason, by });
        }
        false
    }

    /// Returns what goes out of a frame of the body.
    pub(super) fn pass(&mut self, mut frame: Frame<Bytes>) -> Frame<Bytes> {
        if let Some(injection) = &mut self.injection {
            frame
                .trailers_mut()
                .into_iter()
                .for_each(head::remove_validators);
            frame = frame.map_data(|data| match self.boundary_wait {
                Some(_) => {
                    let (data, is_cut) = injection.pass_to_boundary(data);
                    self.is_cut |= is_cut;
                    data
                }
                None => injection.pass(data),
            });
        }
        self.has_sent |= frame.data_ref().is_some_and(|data| !data.is_empty());
        frame
    }

    /// Returns when the next heartbeat is due in a stream that has fallen silent.
    pub(super) fn schedule_heartbeat(&mut self, now: impl FnOnce() -> Instant) -> Option<Instant> {
        self.injection.as_mut()?.schedule_heartbeat(now)
    }

    /// Returns the heartbeat, if its time has come and there is a place for it.
    pub(super) fn take_due_heartbeat(&mut self, now: Instant) -> Option<Bytes> {
        self.injection.as_mut()?.take_due_heartbeat(now)
    }
}
