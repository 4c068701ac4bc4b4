//! [`SseBody`], the body of every response that goes through the layer.
//!
//! That of an event stream is a `state::StreamState`, which polls the body inside by `frames`. While the
//! stream is `running`, it puts in what `injection` says and ends as `schedule` says. It counts what it
//! sends in its `record`, which reports to the guards of the layers.

#[expect(clippy::module_inception, reason = "it holds `SseBody`")]
mod body;
mod check_end;
mod client;
mod end;
mod ends;
mod final_frame;
mod frames;
mod gatherer;
mod injection;
mod late;
mod late_start;
mod pending_break;
mod record;
mod running;
mod schedule;
mod source;
mod state;

pub use self::body::SseBody;
pub(super) use self::{client::Client, record::StreamRecord};
