//! The headers of event streams and of the requests for them.

mod accept;
pub(crate) mod head;
mod last_event_id;
pub(crate) mod media_type;
mod method;
mod stop_reconnecting;

pub(crate) use self::{accept::Accept, method::is_repeatable};
pub use self::{last_event_id::LastEventId, stop_reconnecting::stop_reconnecting};
