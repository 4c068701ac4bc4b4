use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{
    admission::Admission, admit::admit, config::Config, context::RejectedContext,
    guard::StreamGuard, limit::LimitId, reports::RejectionReports,
};
use crate::{SseOptions, report::StreamStats};

/// What the layers decide of one response, kept in its extensions and shared with its body.
///
/// A layer that finds a slot knows that another layer acts already: it adds its options and what
/// else it attaches, and the body, however it has been boxed since, takes them when it is first
/// polled.
#[derive(Clone, Debug, Default)]
pub(crate) struct NestedState {
    shared: Arc<Mutex<Shared>>,
    /// Whether the inner layer added a `Connection` header.
    pub(crate) added_connection: bool,
}

#[derive(Debug, Default)]
struct Shared {
    options: SseOptions,
    /// The counts of the handler's stream, if it is an `EventStream`.
    tally: Option<StreamStats>,
    /// From the inner layer to the outermost.
    attachments: Vec<StreamGuard>,
    /// The layers that admit a HEAD request, to which they attach nothing.
    looked: Vec<Arc<Config>>,
    /// Whether the body has taken them, or is gone.
    closed: bool,
    /// Of a stream that a layer has refused.
    refused: Option<RejectionReports>,
}

impl NestedState {
    /// Puts the options that a handler has set before all others.
    pub(crate) fn put_first(&self, mut own: SseOptions) {
        let mut shared = self.lock();
        own.fill(&shared.options);
        shared.options = own;
    }

    /// Fills in what is unset, and returns all.
    pub(crate) fn fill(&self, outer: &SseOptions) -> SseOptions {
        let mut shared = self.lock();
        shared.options.fill(outer);
        shared.options.clone()
    }

    pub(crate) fn options(&self) -> SseOptions {
        self.lock().options.clone()
    }

    pub(crate) fn set_tally(&self, tally: Option<StreamStats>) {
        self.lock().tally = tally;
    }

    pub(crate) fn tally(&self) -> Option<StreamStats> {
        self.lock().tally.clone()
    }

    /// Attaches a layer to the stream, if it admits it. A layer that is around the service twice is
    /// attached once.
    pub(crate) fn attach(&self, entrant: Admission<'_>) -> Result<(), RejectedContext> {
        let mut shared = self.lock();
        let attachments = &mut shared.attachments;
        let known = attachments.iter_mut();
        match known.into_iter().find(|it| it.is_of(entrant.config)) {
            Some(known) => known.take_over(entrant.held),
            None => {
                let attachment = admit(entrant, attachments)?;
                // Mostly there is one: for the first, `push` would make room for four.
                attachments.reserve_exact(1);
                attachments.push(attachment);
            }
        }
        Ok(())
    }

    /// Records that a layer admits a HEAD request.
    pub(crate) fn looked(&self, config: &Arc<Config>) {
        self.lock().looked.push(Arc::clone(config));
    }

    /// Returns `true` if a layer that admits the HEAD request has this limit.
    pub(crate) fn has_looked(&self, limit: LimitId) -> bool {
        let looked = &self.lock().looked;
        looked.iter().any(|config| config.counts(limit))
    }

    /// Takes everything back, for a stream that is not to be.
    pub(crate) fn retract(&self) {
        let attachments = self.take_attachments().into_iter();
        attachments.for_each(StreamGuard::retract);
    }

    /// Records that a layer has refused the stream, and which reports have been made.
    pub(crate) fn refuse(&self, told: RejectionReports) {
        self.lock().refused = Some(told);
    }

    /// Returns the reports that have been made of a refusal, if the stream was refused.
    pub(crate) fn refused(&self) -> Option<RejectionReports> {
        self.lock().refused.clone()
    }

    /// Takes what has been attached. What comes later is dropped.
    pub(crate) fn take_attachments(&self) -> Vec<StreamGuard> {
        let mut shared = self.lock();
        shared.closed = true;
        std::mem::take(&mut shared.attachments)
    }

    /// Returns `true` if nothing can be attached any more.
    pub(crate) fn is_closed(&self) -> bool {
        self.lock().closed
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
