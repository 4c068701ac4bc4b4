use std::sync::Arc;

use super::{control::Control, limit::LimitId};

/// The limits in which outer layers count a request before they call their service, so that an inner
/// layer with the same limits does not count it twice. It is in the request's extensions.
#[derive(Clone, Debug, Default)]
pub(crate) struct OuterLimits(Option<Arc<Outer>>);

#[derive(Debug)]
struct Outer {
    limits: Vec<LimitId>,
    control: Arc<Control>,
}

impl OuterLimits {
    /// Adds limits to those of the layers around.
    pub(crate) fn and(&self, more: &[LimitId], control: &Arc<Control>) -> Self {
        Self(Some(Arc::new(Outer {
            limits: self.all().iter().chain(more).copied().collect(),
            control: Arc::clone(control),
        })))
    }

    pub(crate) fn has(&self, limit: LimitId) -> bool {
        self.all().contains(&limit)
    }

    /// Returns the control by which the layers around can end the stream. All layers use the same
    /// one, so that the stream ends for the first reason that any of them has.
    pub(crate) fn control(&self) -> Option<Arc<Control>> {
        self.0.as_ref().map(|outer| Arc::clone(&outer.control))
    }

    fn all(&self) -> &[LimitId] {
        self.0.as_ref().map_or(&[], |outer| &outer.limits)
    }
}
