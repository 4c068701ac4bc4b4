//! A hub over a store: several nodes share its channels.

mod behind;
mod changing;
mod keyed;
mod losing;
mod paging;
mod resuming;
mod support;
