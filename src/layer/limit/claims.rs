use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
    time::Instant,
};

use super::{
    control::Control,
    limit::{Claim, LimitId},
    permit::Permit,
};
use crate::{
    layer::rejection::Rejection,
    time::{ResettableSleep, SharedTimer},
};

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

    /// Returns what the layers around can end the stream by. All layers use the same, so that the
    /// stream ends for the first reason that any of them has.
    pub(crate) fn control(&self) -> Option<Arc<Control>> {
        self.0.as_ref().map(|outer| Arc::clone(&outer.control))
    }

    fn all(&self) -> &[LimitId] {
        self.0.as_ref().map_or(&[], |outer| &outer.limits)
    }
}

/// A request's claims to places in the limits of one layer.
#[derive(Default)]
pub(crate) struct Claims {
    claims: Vec<Box<dyn Claim>>,
    waits: Option<Box<Waits>>,
}

/// Until when a request waits for a place.
struct Waits {
    alarm: ResettableSleep,
    until: Instant,
}

impl Claims {
    pub(crate) fn new(claims: Vec<Box<dyn Claim>>) -> Self {
        let waits = None;
        Self { claims, waits }
    }

    /// Takes all places, or none, when they are free or the time to wait is over.
    ///
    /// One layer's requests do so one at a time: otherwise one would be refused for a place that
    /// another gives back for want of a second.
    pub(crate) fn poll(
        &mut self,
        turn: &Mutex<()>,
        timer: &SharedTimer,
        control: &Arc<Control>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Vec<Permit>, Rejection>> {
        let full = match self.take_all(turn, control) {
            Ok(permits) => return Poll::Ready(Ok(permits)),
            Err(full) => full,
        };
        if self.waits_on(full, timer, cx) {
            return Poll::Pending;
        }
        Poll::Ready(self.decide(turn, control))
    }

    /// Takes all places at once, by eviction if need be, or none.
    pub(crate) fn decide(
        &mut self,
        turn: &Mutex<()>,
        control: &Arc<Control>,
    ) -> Result<Vec<Permit>, Rejection> {
        loop {
            let full = match self.take_all(turn, control) {
                Ok(permits) => return Ok(permits),
                Err(full) => full,
            };
            if !self.evict(full) {
                return Err(refused(&*self.claims[full]));
            }
        }
    }

    /// Makes room in a limit that is full, if the policy of one is to evict. A stream gives back all
    /// its places when it is evicted, so another limit than its own may be the full one.
    fn evict(&self, full: usize) -> bool {
        let own = &self.claims[full];
        if own.evicts() {
            // A stream may have left by itself meanwhile.
            return own.evict() || !own.is_full();
        }
        let mut evicting = self.claims.iter().filter(|claim| claim.evicts());
        evicting.any(|claim| claim.evict())
    }

    /// Returns why a stream would be refused now.
    pub(crate) fn look(&self) -> Result<(), Rejection> {
        let mut evicting = self.claims.iter().filter(|claim| claim.evicts());
        if evicting.any(|claim| claim.is_full()) {
            // The stream that is evicted makes room in all limits.
            return Ok(());
        }
        match self.claims.iter().find(|claim| claim.is_full()) {
            Some(claim) => Err(refused(&**claim)),
            None => Ok(()),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.claims.is_empty()
    }

    /// Takes all places, or returns which claim has none. Where streams are evicted, the control gets
    /// the places, before another request can look for a stream to evict.
    fn take_all(&mut self, turn: &Mutex<()>, control: &Arc<Control>) -> Result<Vec<Permit>, usize> {
        let _turn = lock(turn);
        let claims = self.claims.iter_mut().enumerate();
        let permits = claims.map(|(place, claim)| claim.claim(control).ok_or(place));
        let permits = permits.collect::<Result<_, _>>()?;
        if !self.claims.iter().any(|claim| claim.evicts()) {
            return Ok(permits);
        }
        control.hold(permits);
        Ok(Vec::new())
    }

    /// Waits for a place of a claim. Returns `false` when the time is over, or too many wait.
    fn waits_on(&mut self, full: usize, timer: &SharedTimer, cx: &mut Context<'_>) -> bool {
        let claim = &mut self.claims[full];
        let time = claim.policy().time();
        if time.is_zero() {
            return false;
        }
        let waits = self.waits.get_or_insert_with(|| {
            let now = timer.now();
            Box::new(Waits {
                alarm: ResettableSleep::new(timer.clone()),
                until: now.checked_add(time).unwrap_or(now),
            })
        });
        waits.alarm.poll(waits.until, cx).is_pending() && claim.wait(cx.waker())
    }
}

fn refused(claim: &dyn Claim) -> Rejection {
    Rejection {
        reason: claim.reason(),
        policy: Box::new(claim.policy().refuse().clone()),
    }
}

fn lock(turn: &Mutex<()>) -> MutexGuard<'_, ()> {
    turn.lock().unwrap_or_else(PoisonError::into_inner)
}

impl fmt::Debug for Claims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.claims).finish()
    }
}
