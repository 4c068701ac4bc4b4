use std::{mem, sync::Arc};

use http::Request;

use super::{
    config::Config,
    limit::{Claim, Claims, LimitId, OuterLimits},
    rejection::Rejection,
    reports::RejectionReports,
};
use crate::{RejectedStream, RequestHead, StreamInfo, report::Watched};

/// A layer's record of a request, for the stream that answers it.
#[derive(Debug, Default)]
pub(crate) struct StreamContext {
    pub(super) info: StreamInfo,
    /// Claims, each with its limit.
    claims: Vec<(LimitId, Box<dyn Claim>)>,
    pub(super) watched: Option<Box<dyn Watched>>,
    /// The limits in which an outer layer has counted the request.
    outer: OuterLimits,
    /// Whether the limit on all streams has counted it before the handler.
    has_claimed_of_all: bool,
}

impl StreamContext {
    /// Records what the layer needs of a request. `None` if it needs nothing.
    pub(crate) fn of<B>(request: &Request<B>, config: &Config) -> Option<Box<Self>> {
        let observer = &config.observer;
        let outer = request.extensions().get::<OuterLimits>();
        let notes = !config.limits.is_empty()
            || observer.watcher.is_some()
            || observer.has_labels()
            || outer.is_some();
        if !notes {
            return None;
        }
        let head = RequestHead::of(request);
        let limits = config.limits.iter();
        Some(Box::new(Self {
            info: observer.info_of(head),
            claims: limits
                .filter_map(|limit| Some((limit.id(), limit.claim(head)?)))
                .collect(),
            watched: observer.watcher.as_ref().map(|watcher| watcher.watch(head)),
            outer: outer.cloned().unwrap_or_default(),
            has_claimed_of_all: false,
        }))
    }

    pub(crate) fn outer(&self) -> &OuterLimits {
        &self.outer
    }

    /// Takes the claims that can be decided before the handler, with their limits: those of limits
    /// that refuse.
    ///
    /// A limit that evicts waits for the response, for a request that gets no stream must end none. So
    /// do all limits if a stream will be evicted, since that may make room in them.
    pub(crate) fn take_early(&mut self, config: &Config) -> (Claims, Vec<LimitId>) {
        let of_all = config.max_streams.as_ref();
        let of_all = of_all.filter(|limit| !self.outer.has(limit.id()));
        let evicts_of_all = of_all.filter(|limit| limit.evicts());
        let keyed = self.claims.iter().map(|(_, claim)| claim);
        let mut evicting = keyed.filter(|claim| claim.evicts());
        let evicts = evicting.any(|claim| claim.is_full())
            || evicts_of_all.is_some_and(|limit| limit.claim().is_full());
        if evicts {
            return Default::default();
        }
        let outer = &self.outer;
        let is_early =
            |(limit, claim): &(LimitId, Box<dyn Claim>)| !claim.evicts() && !outer.has(*limit);
        let all = mem::take(&mut self.claims).into_iter();
        let (mut early, rest): (Vec<_>, Vec<_>) = all.partition(is_early);
        self.claims = rest;
        if let Some(limit) = of_all.filter(|limit| !limit.evicts()) {
            self.has_claimed_of_all = true;
            early.insert(0, (limit.id(), limit.claim()));
        }
        let (limits, claims) = early.into_iter().unzip();
        (Claims::new(claims), limits)
    }

    /// Takes the claims that are left, to places that neither an outer layer nor an inner one holds.
    pub(crate) fn take_rest(
        &mut self,
        config: &Config,
        by_inner: impl Fn(LimitId) -> bool,
    ) -> Claims {
        let outer = &self.outer;
        let held = |limit| outer.has(limit) || by_inner(limit);
        let of_all = config.max_streams.as_ref();
        let of_all = of_all.filter(|limit| !self.has_claimed_of_all && !held(limit.id()));
        let of_keys = self.claims.drain(..).filter(|(limit, _)| !held(*limit));
        let claims = of_all.map(|limit| limit.claim()).into_iter();
        Claims::new(claims.chain(of_keys.map(|(_, claim)| claim)).collect())
    }

    /// Reports a refusal, by this layer or one inside of it, to the layer's callbacks. Returns which
    /// reports have been made by now.
    pub(crate) fn refused(
        self,
        mut told: RejectionReports,
        config: &Arc<Config>,
    ) -> RejectionReports {
        if told.layers.iter().any(|layer| Arc::ptr_eq(layer, config)) {
            return told;
        }
        let observer = &config.observer;
        let refusal = RejectedStream {
            reason: told.reason,
            labels: self.info.labels,
            tags: self.info.tags,
        };
        if let Some(mut watched) = self.watched.filter(|_| !told.watcher) {
            watched.refused(&refusal);
        }
        if let Some(recorder) = observer.recorder.as_ref().filter(|_| !told.recorder) {
            recorder.refused(&refusal);
        }
        observer.refused(&refusal);
        told.recorder |= observer.recorder.is_some();
        told.watcher |= observer.watcher.is_some();
        told.layers.push(Arc::clone(config));
        told
    }
}

/// A rejected stream, with what the layer has recorded of its request.
pub(crate) type RejectedContext = Box<(StreamContext, Rejection)>;
