//! The body of every response that goes through the layer.

#[expect(clippy::module_inception, reason = "it holds `SseBody`")]
mod body;
mod client;
mod final_frame;
mod gatherer;
mod injection;
mod open;
mod record;
mod schedule;
mod source;
mod stream;

pub use self::body::SseBody;
pub(super) use self::{client::Client, record::StreamRecord};
