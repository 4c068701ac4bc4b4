use std::{fmt, hash::Hash, sync::Arc};

use super::{
    claim::{Claim, KeyClaim},
    state::LimitState,
};
use crate::{LimitPolicy, RejectReason, RequestHead};

/// A limit on the streams of some requests, of which it makes claims.
pub(crate) trait Limit: Send + Sync {
    /// Returns the request's claim, or `None` if the limit does not apply to the request.
    fn claim(&self, head: RequestHead<'_>) -> Option<Box<dyn Claim>>;

    fn id(&self) -> LimitId;

    /// Returns `true` if a newer stream takes the place of the oldest.
    fn evicts(&self) -> bool;
}

/// Identifies a limit, however often it is cloned with its layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LimitId(usize);

impl LimitId {
    fn of<T>(state: &Arc<T>) -> Self {
        Self(Arc::as_ptr(state) as usize)
    }
}

/// A limit on the number of all streams.
#[derive(Clone)]
pub(crate) struct MaxStreams(Arc<LimitState<()>>);

impl MaxStreams {
    pub(crate) fn new(max: usize, policy: LimitPolicy) -> Self {
        Self(LimitState::new(max, policy, RejectReason::TooMany))
    }

    pub(crate) fn id(&self) -> LimitId {
        LimitId::of(&self.0)
    }

    pub(crate) fn evicts(&self) -> bool {
        self.0.evicts()
    }

    /// Returns a request's claim. The limit applies to every request.
    pub(crate) fn claim(&self) -> Box<dyn Claim> {
        Box::new(KeyClaim::new((), &self.0))
    }
}

/// A limit on the number of streams for each key.
pub(crate) struct KeyedLimit<K, F> {
    key: F,
    state: Arc<LimitState<K>>,
}

impl<K, F> KeyedLimit<K, F> {
    pub(crate) fn new(key: F, max: usize, policy: LimitPolicy) -> Self {
        let state = LimitState::new(max, policy, RejectReason::TooManyOfKey);
        Self { key, state }
    }
}

impl<K, F> Limit for KeyedLimit<K, F>
where
    K: Hash + Eq + Clone + Send + Sync + 'static,
    F: Fn(RequestHead<'_>) -> Option<K> + Send + Sync,
{
    fn claim(&self, head: RequestHead<'_>) -> Option<Box<dyn Claim>> {
        let key = (self.key)(head)?;
        Some(Box::new(KeyClaim::new(key, &self.state)))
    }

    fn id(&self) -> LimitId {
        LimitId::of(&self.state)
    }

    fn evicts(&self) -> bool {
        self.state.evicts()
    }
}

impl fmt::Debug for MaxStreams {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("MaxStreams").field(&self.0.max).finish()
    }
}

impl fmt::Debug for dyn Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Limit")
    }
}
