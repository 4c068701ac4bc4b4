//! Reports of streams to operators: labels, summaries and rejections, and the callbacks that get them.

mod audience;
mod info;
mod observer;
mod rejected;
mod request_head;
mod stream_link;
mod summary;

#[cfg(feature = "tracing")]
pub(crate) use self::observer::Watcher;
pub(crate) use self::{
    audience::Audience,
    observer::{Observer, Recorder, StreamWatcher},
    stream_link::StreamLink,
    summary::Progress,
};
pub use self::{
    info::{Labels, StreamData, StreamInfo},
    rejected::{RejectReason, RejectedStream},
    request_head::RequestHead,
    summary::{StreamSummary, WireEnd},
};
