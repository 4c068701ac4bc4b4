//! How streams begin, end and are counted.

mod at_shutdown;
mod attachment;
mod close_reason;
mod lifetime;
mod limit;
mod observer;
mod refuse;
mod request_head;
mod shutdown;
mod summary;
mod tally;

#[cfg(feature = "metrics")]
pub(crate) use self::observer::Recorder;
#[cfg(feature = "tracing")]
pub(crate) use self::observer::{Watched, Watcher};
pub use self::{
    at_shutdown::AtShutdown,
    close_reason::CloseReason,
    lifetime::Lifetime,
    refuse::{Refusal, Refuse, RefuseReason},
    request_head::RequestHead,
    shutdown::Shutdown,
    summary::{Labels, StreamSummary},
};
pub(crate) use self::{
    attachment::{Attachment, Noted, Refused, Told},
    limit::{KeyedLimit, Limit, MaxStreams},
    observer::Observer,
    summary::Progress,
    tally::Tally,
};
