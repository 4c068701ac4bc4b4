//! A subscriber's side of one or more channels.

mod adding;
mod addition;
mod alone;
mod beginning;
mod changes;
mod changing;
mod connecting;
mod control;
mod departures;
mod filter;
mod filtering;
mod keyed;
mod member;
mod members;
mod merging;
mod next_event;
mod opening;
mod page;
mod paging;
mod plain;
mod policies;
mod poll;
mod reader;
mod reading;
mod report;
mod resumption;
mod round_keys;
mod round_start;
mod rounds;
mod skipping;
#[expect(clippy::module_inception, reason = "it holds `Subscription`")]
mod subscription;

pub use self::subscription::Subscription;
pub(super) use self::{
    addition::Addition,
    control::{Change, Control},
};
