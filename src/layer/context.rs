use std::{mem, sync::Arc};

use http::Request;

use super::{
    config::Config,
    limit::{Claim, Claims, LimitId, OuterLimits},
    rejection::Rejection,
    rejection_reports::RejectionReports,
};
use crate::{RejectedStream, RequestHead, StreamInfo, report::StreamWatcher};

/// The findings of a layer about a request, for the stream that answers it. The closures of the
/// user run once for a request, before the service is called.
#[derive(Debug, Default)]
pub(crate) struct StreamContext {
    pub(super) info: StreamInfo,
    /// The claims to places, each with its limit. The limit on all streams is not among them.
    claims: Vec<(LimitId, Box<dyn Claim>)>,
    pub(super) watcher: Option<Box<dyn StreamWatcher>>,
    /// The limits in which an outer layer has counted the request.
    outer_limits: OuterLimits,
    /// Whether the limit on all streams has counted the request before the handler.
    is_counted_in_max_streams: bool,
}

impl StreamContext {
    /// Returns the context of a request, or `None` if the layer needs none.
    pub(crate) fn of<B>(request: &Request<B>, config: &Config) -> Option<Box<Self>> {
        let observer = &config.observer;
        let outer_limits = request.extensions().get::<OuterLimits>();
        let is_needed = !config.limits.is_empty()
            || observer.watcher.is_some()
            || observer.has_labels()
            || outer_limits.is_some();
        if !is_needed {
            return None;
        }
        let head = RequestHead::of(request);
        let limits = config.limits.iter();
        Some(Box::new(Self {
            info: observer.info_of(head),
            claims: limits
                .filter_map(|limit| Some((limit.id(), limit.claim(head)?)))
                .collect(),
            watcher: observer.watcher.as_ref().map(|watcher| watcher.watch(head)),
            outer_limits: outer_limits.cloned().unwrap_or_default(),
            is_counted_in_max_streams: false,
        }))
    }

    pub(crate) fn outer_limits(&self) -> &OuterLimits {
        &self.outer_limits
    }

    /// Takes the claims that can be decided before the handler runs, and returns them with their limits:
    /// the claims to limits that reject.
    ///
    /// A limit that evicts waits for the response, because a request that gets no stream must evict
    /// none. If a stream is going to be evicted, all limits wait, because that may free places in them.
    pub(crate) fn take_early_claims(&mut self, config: &Config) -> (Claims, Vec<LimitId>) {
        let max_streams = config.max_streams.as_ref();
        let max_streams = max_streams.filter(|limit| !self.outer_limits.has(limit.id()));
        let evicting = max_streams.filter(|limit| limit.evicts());
        let keyed = self.claims.iter().map(|(_, claim)| claim);
        let mut evicting_keyed = keyed.filter(|claim| claim.evicts());
        let will_evict = evicting_keyed.any(|claim| claim.is_full())
            || evicting.is_some_and(|limit| limit.claim().is_full());
        if will_evict {
            return Default::default();
        }
        let outer_limits = &self.outer_limits;
        let is_early = |(limit, claim): &(LimitId, Box<dyn Claim>)| {
            !claim.evicts() && !outer_limits.has(*limit)
        };
        let all = mem::take(&mut self.claims).into_iter();
        let (mut early, late): (Vec<_>, Vec<_>) = all.partition(is_early);
        self.claims = late;
        if let Some(limit) = max_streams.filter(|limit| !limit.evicts()) {
            self.is_counted_in_max_streams = true;
            early.insert(0, (limit.id(), limit.claim()));
        }
        let (limits, claims) = early.into_iter().unzip();
        (Claims::new(claims), limits)
    }

    /// Takes the remaining claims, except those to limits in which an outer layer or an inner one counts
    /// the stream already.
    pub(crate) fn take_late_claims(
        &mut self,
        config: &Config,
        is_counted_inside: impl Fn(LimitId) -> bool,
    ) -> Claims {
        let outer_limits = &self.outer_limits;
        let is_counted = |limit| outer_limits.has(limit) || is_counted_inside(limit);
        let max_streams = config.max_streams.as_ref();
        let max_streams =
            max_streams.filter(|limit| !self.is_counted_in_max_streams && !is_counted(limit.id()));
        let keyed = self.claims.drain(..);
        let keyed = keyed.filter(|(limit, _)| !is_counted(*limit));
        let claims = max_streams.map(|limit| limit.claim()).into_iter();
        Claims::new(claims.chain(keyed.map(|(_, claim)| claim)).collect())
    }

    /// Reports a rejection, by this layer or one inside of it, to the layer's callbacks. Returns the
    /// reports that have been made by now.
    pub(crate) fn report_rejection(
        self,
        mut reports: RejectionReports,
        config: &Arc<Config>,
    ) -> RejectionReports {
        if reports.are_made_by(config) {
            return reports;
        }
        let observer = &config.observer;
        let rejected = RejectedStream {
            reason: reports.reason,
            labels: self.info.labels,
            tags: self.info.tags,
        };
        if let Some(mut watcher) = self.watcher.filter(|_| !reports.to_watcher) {
            watcher.rejected(&rejected);
        }
        if let Some(recorder) = observer.recorder.as_ref().filter(|_| !reports.to_recorder) {
            recorder.rejected(&rejected);
        }
        observer.rejected(&rejected);
        reports.to_recorder |= observer.recorder.is_some();
        reports.to_watcher |= observer.watcher.is_some();
        reports.by_layers.push(Arc::clone(config));
        reports
    }
}

/// A rejected stream, with the context of its request.
pub(crate) type RejectedContext = Box<(StreamContext, Rejection)>;
