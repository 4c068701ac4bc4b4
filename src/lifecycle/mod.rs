//! How streams begin, end and are counted.

mod at_shutdown;
mod attachment;
mod claims;
mod close_reason;
mod control;
mod entrant;
mod final_events;
mod info;
mod lifetime;
mod limit;
mod limit_policy;
mod noted;
mod observer;
mod open_streams;
mod reconnect;
mod refuse;
mod request_head;
mod revoke_policy;
mod room;
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
    final_events::FinalEvents,
    info::{Labels, StreamData, StreamInfo},
    lifetime::Lifetime,
    limit_policy::LimitPolicy,
    open_streams::{OpenStream, OpenStreams},
    refuse::{Refusal, Refuse, RefuseReason},
    request_head::RequestHead,
    revoke_policy::RevokePolicy,
    shutdown::Shutdown,
    summary::{StreamSummary, WireEnd},
};
pub(crate) use self::{
    attachment::Attachment,
    claims::{Claims, OuterLimits},
    control::{Control, Order},
    entrant::{Entrant, Held},
    limit::{KeyedLimit, Limit, LimitId, MaxStreams, Permit},
    noted::{Noted, Refused, Told, TurnedAway},
    observer::Observer,
    reconnect::{retry_event, stop_event, was_stopped},
    summary::Progress,
    tally::Tally,
};
