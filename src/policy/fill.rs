//! Merges the options of a handler and of nested layers.

use std::{sync::Arc, time::Duration};

use crate::{FinalEvents, Heartbeat, Lifetime, Preamble, Retry, ShutdownPolicy, StreamInfo};

/// A value of an option.
pub(super) trait OptionValue: Clone {
    /// Takes from an outer value what this one leaves unset. Most values leave nothing unset.
    fn fill(&mut self, _outer: &Self) {}
}

/// Takes the outer value if none is set, and otherwise what the value leaves unset.
pub(super) fn fill<T: OptionValue>(value: &mut Option<T>, outer: &Option<T>) {
    match (value, outer) {
        (Some(value), Some(outer)) => value.fill(outer),
        (unset @ None, Some(outer)) => *unset = Some(outer.clone()),
        (_, None) => {}
    }
}

impl OptionValue for bool {}
impl OptionValue for Duration {}
impl OptionValue for Lifetime {}
impl OptionValue for Preamble {}
impl OptionValue for Retry {}
impl OptionValue for Arc<Heartbeat> {}

impl OptionValue for Arc<FinalEvents> {
    fn fill(&mut self, outer: &Self) {
        if !Arc::ptr_eq(self, outer) {
            Arc::make_mut(self).fill(outer);
        }
    }
}

impl OptionValue for Arc<ShutdownPolicy> {
    fn fill(&mut self, outer: &Self) {
        if !Arc::ptr_eq(self, outer) {
            Arc::make_mut(self).fill(outer);
        }
    }
}

/// The outer values come first, and the inner ones replace those of the same names.
impl OptionValue for Arc<StreamInfo> {
    fn fill(&mut self, outer: &Self) {
        if !Arc::ptr_eq(self, outer) {
            let mut all = StreamInfo::clone(outer);
            all.extend(self);
            *self = Arc::new(all);
        }
    }
}
