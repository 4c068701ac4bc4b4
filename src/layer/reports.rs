use std::sync::Arc;

use super::config::Config;
use crate::RejectReason;

/// The reports of one refusal: each recorder and watcher gets it once.
#[derive(Clone, Debug)]
pub(crate) struct RejectionReports {
    pub(super) reason: RejectReason,
    pub(super) recorder: bool,
    pub(super) watcher: bool,
    /// A layer may be around the service twice.
    pub(super) layers: Vec<Arc<Config>>,
}

impl RejectionReports {
    /// No report has been made yet.
    pub(crate) fn none(reason: RejectReason) -> Self {
        Self {
            reason,
            recorder: false,
            watcher: false,
            layers: Vec::new(),
        }
    }
}
