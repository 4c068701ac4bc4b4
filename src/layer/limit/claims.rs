use std::{
    fmt,
    sync::Arc,
    task::{Context, Poll},
    time::Instant,
};

use super::{claim::Claim, control::Control, permit::Permit};
use crate::{
    layer::rejection::Rejection,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{ResettableSleep, SharedTimer},
};

/// A request's claims to places in the limits of one layer.
#[derive(Default)]
pub(crate) struct Claims {
    claims: Vec<Box<dyn Claim>>,
    wait: Option<Box<Wait>>,
}

/// A request's wait for a place.
struct Wait {
    sleep: ResettableSleep,
    until: Instant,
}

impl Claims {
    pub(crate) fn new(claims: Vec<Box<dyn Claim>>) -> Self {
        let wait = None;
        Self { claims, wait }
    }

    /// Polls for places in all limits. Takes all, or is rejected when the time to wait is over.
    ///
    /// The requests of one layer take places one at a time, with the lock held: otherwise one would be
    /// rejected for a place that another takes, and gives back because it misses a second one.
    pub(crate) fn poll_take(
        &mut self,
        admission_lock: &Mutex<()>,
        timer: &SharedTimer,
        control: &Arc<Control>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Vec<Permit>, Rejection>> {
        let full = match self.try_take_all(admission_lock, control) {
            Ok(permits) => return Poll::Ready(Ok(permits)),
            Err(full) => full,
        };
        if self.wait_for_place(full, timer, cx) {
            return Poll::Pending;
        }
        Poll::Ready(self.take(admission_lock, control))
    }

    /// Takes places in all limits without waiting, by eviction if a policy says so, or is rejected.
    pub(crate) fn take(
        &mut self,
        admission_lock: &Mutex<()>,
        control: &Arc<Control>,
    ) -> Result<Vec<Permit>, Rejection> {
        loop {
            let full = match self.try_take_all(admission_lock, control) {
                Ok(permits) => return Ok(permits),
                Err(full) => full,
            };
            if !self.evict(full) {
                return Err(rejection(&*self.claims[full]));
            }
        }
    }

    /// Evicts a stream, if the policy of a limit is to evict. A stream gives back all its places when it
    /// is evicted, so the full limit need not be the one that evicts. Returns `false` if there is no
    /// reason to try again.
    fn evict(&self, full: usize) -> bool {
        let full = &self.claims[full];
        if full.evicts() {
            // A stream may have left by itself meanwhile.
            return full.evict() || !full.is_full();
        }
        let mut evicting = self.claims.iter().filter(|claim| claim.evicts());
        evicting.any(|claim| claim.evict())
    }

    /// Returns the rejection that a stream would get now, as an error.
    pub(crate) fn check(&self) -> Result<(), Rejection> {
        let mut evicting = self.claims.iter().filter(|claim| claim.evicts());
        if evicting.any(|claim| claim.is_full()) {
            // The stream that is evicted frees a place in all limits.
            return Ok(());
        }
        match self.claims.iter().find(|claim| claim.is_full()) {
            Some(claim) => Err(rejection(&**claim)),
            None => Ok(()),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.claims.is_empty()
    }

    /// Takes a place in all limits, or returns the index of a claim to a full one. Where streams are
    /// evicted, the control gets the places with the lock still held: the next request that looks for a
    /// stream to evict must find this one.
    fn try_take_all(
        &mut self,
        admission_lock: &Mutex<()>,
        control: &Arc<Control>,
    ) -> Result<Vec<Permit>, usize> {
        let _guard = lock(admission_lock);
        let claims = self.claims.iter_mut().enumerate();
        let permits = claims.map(|(index, claim)| claim.try_take(control).ok_or(index));
        let permits = permits.collect::<Result<_, _>>()?;
        if !self.claims.iter().any(|claim| claim.evicts()) {
            return Ok(permits);
        }
        control.hold(permits);
        Ok(Vec::new())
    }

    /// Waits for a place in a full limit. Returns `false` when the time is over, or if too many requests
    /// wait already.
    fn wait_for_place(&mut self, full: usize, timer: &SharedTimer, cx: &mut Context<'_>) -> bool {
        let claim = &mut self.claims[full];
        let time = claim.policy().wait_time();
        if time.is_zero() {
            return false;
        }
        let wait = self.wait.get_or_insert_with(|| {
            let now = timer.now();
            Box::new(Wait {
                sleep: ResettableSleep::new(timer.clone()),
                until: now.checked_add(time).unwrap_or(now),
            })
        });
        wait.sleep.poll(wait.until, cx).is_pending() && claim.wait(cx.waker())
    }
}

fn rejection(claim: &dyn Claim) -> Rejection {
    Rejection {
        reason: claim.reason(),
        policy: Box::new(claim.policy().reject_policy().clone()),
    }
}

fn lock(admission_lock: &Mutex<()>) -> MutexGuard<'_, ()> {
    admission_lock
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
}

impl fmt::Debug for Claims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.claims).finish()
    }
}
