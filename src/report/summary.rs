use std::{fmt, time::Duration};

use crate::{CloseReason, Labels, StreamData};

/// The end of a closed stream, as the client's side of the connection sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum WireEnd {
    /// The body ended: with a last chunk over HTTP/1.1, END_STREAM over HTTP/2. Over HTTP/1.0 the
    /// connection closes, which looks the same as a break.
    Clean,
    /// The body failed: the connection closes without a last chunk, or the stream is reset.
    Broken,
    /// The server dropped the body before it had ended, mostly because the client had gone.
    Dropped,
}

impl WireEnd {
    /// Returns the end as a label: `clean`, `broken` or `dropped`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Clean => "clean",
            Self::Broken => "broken",
            Self::Dropped => "dropped",
        }
    }
}

impl fmt::Display for WireEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The record of a closed stream, as [`SseLayer::on_close`](crate::SseLayer::on_close) reports it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct StreamSummary {
    /// The reason for which the stream ended.
    pub reason: CloseReason,
    /// The end on the wire. A stream that failed, but ended with the event of
    /// [`EventStream::error_event`](crate::EventStream::error_event), is `failed` and `clean`.
    pub wire: WireEnd,
    /// The text of the error and its causes, for a stream that failed.
    pub error: Option<String>,
    /// The time for which it was open.
    pub duration: Duration,
    /// The number of events that the stream sent, including a channel's notices and the stream's own
    /// `final_event` or `error_event`, without what the layer adds ([`FinalEvents`](crate::FinalEvents),
    /// `tower-sse.retry`). `None` for an adopted stream, whose events are not counted,
    /// unless [`EventMapBody::map_response`](crate::EventMapBody::map_response) has mapped it.
    pub events: Option<u64>,
    /// The number of events that the client missed, because the channel had evicted them. 0 if the
    /// stream ended instead.
    pub missed: u64,
    /// The number of frames that the server got, heartbeats included.
    pub frames: u64,
    /// The number of bytes in these frames.
    pub bytes: u64,
    /// The number of heartbeats.
    pub heartbeats: u64,
    /// The time from the trigger of the layer's [`Shutdown`](crate::Shutdown) to the end of the
    /// stream, whatever ended it. `None` if no shutdown had begun.
    pub drain: Option<Duration>,
    /// The labels of the layer and of the handler.
    pub labels: Labels,
    /// The tags of the layer and of the handler.
    pub tags: Labels,
    /// The values that the handler has attached.
    pub data: StreamData,
}

/// The counts of a stream since they were last reported.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Progress {
    pub(crate) events: u64,
    pub(crate) missed: u64,
    pub(crate) frames: u64,
    pub(crate) bytes: u64,
    pub(crate) heartbeats: u64,
}

impl Progress {
    /// Returns what has been added since.
    pub(crate) fn since(self, before: Self) -> Self {
        Self {
            events: self.events - before.events,
            missed: self.missed - before.missed,
            frames: self.frames - before.frames,
            bytes: self.bytes - before.bytes,
            heartbeats: self.heartbeats - before.heartbeats,
        }
    }
}

/// Writes one line for a log: the reason, the wire end if it is `broken`, the duration, the counts,
/// the data by its `Debug`, and the error. Labels and tags are not in it.
///
/// `completed after 12.3s, 7 events, 8 frames, 310 bytes, 0 heartbeats`
impl fmt::Display for StreamSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.reason)?;
        if self.wire == WireEnd::Broken {
            f.write_str(", broken")?;
        }
        write!(f, " after {:.1?}", self.duration)?;
        if let Some(events) = self.events {
            write!(f, ", {events} events")?;
        }
        if self.missed > 0 {
            write!(f, ", {} missed", self.missed)?;
        }
        write!(
            f,
            ", {} frames, {} bytes, {} heartbeats",
            self.frames, self.bytes, self.heartbeats
        )?;
        if let Some(drain) = self.drain {
            write!(f, ", {drain:.1?} after the shutdown began")?;
        }
        if !self.data.is_empty() {
            write!(f, ", {:?}", self.data)?;
        }
        match &self.error {
            Some(error) => write!(f, ": {error}"),
            None => Ok(()),
        }
    }
}
