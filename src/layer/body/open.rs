use std::time::Instant;

use bytes::Bytes;
use http_body::Frame;

use super::{client::Client, injection::Injection, schedule::EndSchedule};
use crate::{CloseReason, EncodedEvent, EventId, SseOptions, headers::head};

/// A stream that goes on: what is put into it, and when and how it will be ended.
#[derive(Debug)]
pub(super) struct Open {
    pub(super) ending: EndSchedule,
    /// `None` where nothing may be put in, since the body is compressed.
    injection: Option<Injection>,
    leaving: Option<Leaving>,
    /// Whether a part of the last chunk was left out. The stream then is not whole, even if that was the
    /// last of its body.
    is_cut: bool,
    /// Whether the body has sent anything.
    has_sent: bool,
    /// What the handler says of whether the client can get later what it misses.
    resumable: Option<bool>,
}

/// A stream that ends with the event which its body has begun.
#[derive(Clone, Copy, Debug)]
pub(super) struct Leaving {
    pub(super) reason: CloseReason,
    /// When it ends within the event. `None` sets no limit.
    pub(super) by: Option<Instant>,
}

impl Open {
    /// Opens a stream, and returns its preamble.
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
        let open = Self {
            ending: EndSchedule::begin(options, since),
            injection,
            leaving: None,
            is_cut: false,
            has_sent: false,
            resumable: options.resumable,
        };
        (open, preamble)
    }

    /// Returns `true` if the client can get later what it misses: the handler says so, or the client
    /// reads the stream as browsers do, or by GET or QUERY from a channel.
    pub(super) fn is_resumable(&self, client: &Client, is_channel: bool) -> bool {
        let by_default = client.names_stream || client.reads && is_channel;
        self.resumable.unwrap_or(by_default)
    }

    /// Returns `true` if events may be put in.
    pub(super) fn takes_events(&self) -> bool {
        self.injection.is_some()
    }

    /// Returns the event that the user has set for a reason, if it can be sent here.
    pub(super) fn event_for(&self, reason: CloseReason) -> Option<EncodedEvent> {
        let injection = self.injection.as_ref();
        let event = self.ending.final_event(reason)?;
        let has_place = injection.is_some_and(Injection::is_between_events);
        has_place.then(|| event.clone())
    }

    /// Returns the id that the client resumed after, as long as it has seen nothing since.
    pub(super) fn last_event_id<'a>(&self, client: &'a Client) -> Option<&'a EventId> {
        client.last_event_id.as_deref().filter(|_| !self.has_sent)
    }

    /// Returns `true` if a part of the body was left out.
    pub(super) fn is_cut(&self) -> bool {
        self.is_cut
    }

    pub(super) fn leaving(&self) -> Option<Leaving> {
        self.leaving
    }

    /// Returns `true` if the stream can end here. Within an event it first waits for the end of that:
    /// half an event would be taken for a whole one, or glued to the next connection.
    pub(super) fn leave(&mut self, reason: CloseReason, now: impl FnOnce() -> Instant) -> bool {
        let injection = self.injection.as_ref();
        if injection.is_none_or(Injection::is_between_events) {
            return true;
        }
        if self.leaving.is_none() {
            let by = self.ending.boundary_by(now());
            self.leaving = Some(Leaving { reason, by });
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
            frame = frame.map_data(|data| match self.leaving {
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
    pub(super) fn next_heartbeat(&mut self, now: impl FnOnce() -> Instant) -> Option<Instant> {
        self.injection.as_mut()?.next_heartbeat(now)
    }

    /// Returns the heartbeat, if its time has come and there is a place for it.
    pub(super) fn heartbeat(&mut self, now: Instant) -> Option<Bytes> {
        self.injection.as_mut()?.heartbeat(now)
    }
}
