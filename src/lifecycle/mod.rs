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

#[cfg(feature = "tracing")]
pub(crate) use self::observer::Watched;
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
    attachment::{Attachment, Noted},
    limit::{KeyedLimit, Limit, MaxStreams},
    observer::{Observer, Watcher},
    summary::Progress,
    tally::Tally,
};
