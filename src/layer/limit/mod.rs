//! Limits on how many streams may be open, and the places that streams hold in them.

mod claims;
mod control;
#[expect(clippy::module_inception, reason = "it holds `Limit`")]
mod limit;
mod permit;
mod queue;

pub(super) use self::{
    claims::{Claims, OuterLimits},
    control::{Control, EndOrder},
    limit::{Claim, KeyedLimit, Limit, LimitId, MaxStreams},
    permit::Permit,
};
