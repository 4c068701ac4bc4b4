//! Limits on the number of open streams, and the places that streams hold in them.
//!
//! A request has a [`Claim`] for each [`Limit`] that applies to it. [`Claims`] take a place in all of
//! them or in none. A place is a [`Permit`], which gives it back when it is dropped; it is kept for the
//! first request in the queue ([`PlaceQueue`](queue::PlaceQueue)), if one waits. The [`Control`] of a
//! stream ends the stream from outside, and takes its places away when a newer stream evicts it.
//!
//! Locks are taken in this order: that of the response's `ResponseState`, the layer's admission lock, that
//! of a [`Control`], that of a limit. A limit wakes tasks without its own lock, because a waker may run
//! any code.

mod claim;
mod claims;
mod control;
mod held_place;
#[expect(clippy::module_inception, reason = "it holds `Limit`")]
mod limit;
mod outer;
mod permit;
mod queue;
mod state;

pub(crate) use self::{
    claim::Claim,
    claims::Claims,
    control::{Control, EndOrder},
    limit::{KeyedLimit, Limit, LimitId, MaxStreams},
    outer::OuterLimits,
    permit::Permit,
};
