use std::{mem, sync::Arc};

use super::{
    admission::Admission, admit::admit, config::Config, context::RejectedContext,
    guard::StreamGuard, limit::LimitId, rejection_reports::RejectionReports,
};
use crate::{
    SseOptions,
    early::LateHead,
    report::StreamLink,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// The state of one response that its body and all layers around it share: the merged options, and a
/// guard of each layer. It is in the extensions of the response, and the body has a clone.
///
/// Only the innermost layer wraps the body, or heartbeats and headers would be doubled. A layer
/// that finds this state in a response leaves its options and its guard here. The body takes them
/// when it is first polled: by then all layers have seen the response, and however the body has
/// been boxed since, no layer needs to find it.
#[derive(Clone, Debug, Default)]
pub(crate) struct ResponseState {
    inner: Arc<Mutex<ResponseStateInner>>,
    /// Whether the inner layer added a `Connection` header.
    pub(crate) added_connection: bool,
}

#[derive(Debug, Default)]
struct ResponseStateInner {
    options: SseOptions,
    /// The counts of the handler's stream, if it is an `EventStream`.
    link: Option<StreamLink>,
    /// Where the extensions of a response arrive whose head is early.
    late_head: Option<LateHead>,
    /// From the innermost layer to the outermost.
    guards: Vec<StreamGuard>,
    /// The layers that admit a HEAD request, which gets no guards.
    head_layers: Vec<Arc<Config>>,
    /// Whether the body has taken the guards, or is dropped.
    closed: bool,
    /// Whether the body of another layer acts in place of this one.
    is_taken_over: bool,
    /// The reports of the rejection, if a layer has rejected the stream.
    rejection: Option<RejectionReports>,
}

impl ResponseState {
    /// Adds the options that the handler has set, which come before all others.
    pub(crate) fn add_handler_options(&self, mut options: SseOptions) {
        let mut inner = self.lock();
        options.fill(&inner.options);
        inner.options = options;
    }

    /// Adds the options of a layer where none are set yet, and returns all.
    pub(crate) fn add_layer_options(&self, options: &SseOptions) -> SseOptions {
        let mut inner = self.lock();
        inner.options.fill(options);
        inner.options.clone()
    }

    pub(crate) fn set_link(&self, link: Option<StreamLink>) {
        self.lock().link = link;
    }

    pub(crate) fn link(&self) -> Option<StreamLink> {
        self.lock().link.clone()
    }

    pub(crate) fn set_late_head(&self, late_head: Option<LateHead>) {
        self.lock().late_head = late_head;
    }

    pub(crate) fn late_head(&self) -> Option<LateHead> {
        self.lock().late_head.clone()
    }

    /// Takes the merged options and all guards for the body of an outer layer, which has begun before this
    /// response had a head. The body of this response then leaves the stream to that.
    pub(crate) fn take_over(&self) -> (SseOptions, Vec<StreamGuard>) {
        self.lock().is_taken_over = true;
        self.take()
    }

    /// Returns `true` if the body of another layer acts in place of this one.
    pub(crate) fn is_taken_over(&self) -> bool {
        self.lock().is_taken_over
    }

    /// Admits the stream to a layer, and adds the layer's guard. A layer that is around the service twice
    /// has one guard.
    ///
    /// The stream is admitted with the lock held, so this lock comes before those of the limits.
    pub(crate) fn attach(&self, admission: Admission<'_>) -> Result<(), RejectedContext> {
        let mut inner = self.lock();
        let guards = &mut inner.guards;
        match guards
            .iter_mut()
            .find(|guard| guard.is_of(admission.config))
        {
            Some(guard) => guard.add_permits(admission.permits),
            None => {
                let guard = admit(admission, guards)?;
                // Mostly there is one: for the first, `push` would allocate space for four.
                guards.reserve_exact(1);
                guards.push(guard);
            }
        }
        Ok(())
    }

    /// Records that a layer admits a HEAD request.
    pub(crate) fn add_head_layer(&self, config: &Arc<Config>) {
        self.lock().head_layers.push(Arc::clone(config));
    }

    /// Returns `true` if a layer that admits the HEAD request has this limit.
    pub(crate) fn head_layers_have(&self, limit: LimitId) -> bool {
        let layers = &self.lock().head_layers;
        layers.iter().any(|config| config.has_limit(limit))
    }

    /// Drops the guards of a stream that does not open, and undoes what they have asked for.
    pub(crate) fn cancel(&self) {
        let (_, guards) = self.take();
        guards.into_iter().for_each(StreamGuard::cancel);
    }

    /// Records that a layer has rejected the stream, and the reports that have been made.
    pub(crate) fn set_rejection(&self, reports: RejectionReports) {
        self.lock().rejection = Some(reports);
    }

    /// Returns the reports of the rejection, if a layer has rejected the stream.
    pub(crate) fn rejection(&self) -> Option<RejectionReports> {
        self.lock().rejection.clone()
    }

    /// Takes the merged options and all guards. A layer that comes later adds nothing.
    pub(crate) fn take(&self) -> (SseOptions, Vec<StreamGuard>) {
        let mut inner = self.lock();
        inner.closed = true;
        (inner.options.clone(), mem::take(&mut inner.guards))
    }

    /// Returns `true` if the guards have been taken.
    pub(crate) fn is_closed(&self) -> bool {
        self.lock().closed
    }

    fn lock(&self) -> MutexGuard<'_, ResponseStateInner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
