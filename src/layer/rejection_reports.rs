use std::sync::Arc;

use super::config::Config;
use crate::RejectReason;

/// The reports that have been made of one rejection: through nested layers, each recorder and watcher
/// gets it once.
#[derive(Clone, Debug)]
pub(crate) struct RejectionReports {
    pub(super) reason: RejectReason,
    pub(super) to_recorder: bool,
    pub(super) to_watcher: bool,
    /// The layers that have reported it: a layer may be around the service twice.
    pub(super) by_layers: Vec<Arc<Config>>,
}

impl RejectionReports {
    /// Begins without any report.
    pub(crate) fn none(reason: RejectReason) -> Self {
        Self {
            reason,
            to_recorder: false,
            to_watcher: false,
            by_layers: Vec::new(),
        }
    }

    pub(super) fn are_made_by(&self, config: &Arc<Config>) -> bool {
        self.by_layers
            .iter()
            .any(|layer| Arc::ptr_eq(layer, config))
    }
}
