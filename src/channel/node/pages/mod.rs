//! Reading older events from a store, for the subscriptions of a node.

mod options;
#[expect(clippy::module_inception, reason = "it holds `Pages`")]
mod pages;
mod place;
mod reading;
#[cfg(all(test, feature = "tokio"))]
#[expect(clippy::unwrap_used, reason = "its helpers are tests too")]
mod tests;

pub(in crate::channel) use self::{
    options::PageOptions,
    pages::{PageRequest, Pages},
    place::NodePlace,
    reading::Reading,
};
