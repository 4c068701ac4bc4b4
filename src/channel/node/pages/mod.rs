//! Reading older events from a store, for the subscriptions of a node.

mod options;
#[expect(clippy::module_inception, reason = "it holds `Pages`")]
mod pages;
mod place;
mod reading;

pub(in crate::channel) use self::{
    options::PageOptions,
    pages::{PageRequest, Pages},
    place::NodePlace,
    reading::Reading,
};
