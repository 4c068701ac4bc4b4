//! Reports of subscriptions to the `EventStream` that polls them.
//!
//! A report does not travel in the items: a filter or a map between the two could drop it, a batch or a
//! merge delay it. The stream opens a scope in a thread-local while it polls, and a subscription that is
//! polled within reports to that scope, whatever is between the two. A poll runs on one thread from
//! beginning to end, so nothing else can come in between, except for a stream that polls another one;
//! scopes can be nested for that.

use std::{
    cell::{Cell, RefCell},
    sync::Arc,
    time::Instant,
};

use super::budget::PollBudget;
#[cfg(all(test, loom))]
use crate::sync::{LocalCell, LocalRefCell};
use crate::{CloseReason, EncodedEvent, report::Audience, sync::thread_local};

/// The reports of all subscriptions during one poll.
#[derive(Debug, Default)]
pub(crate) struct Reports {
    /// Notices of the channel. They go before the item that the poll returns.
    pub(crate) notices: Vec<EncodedEvent>,
    /// The number of events that were missed.
    pub(crate) missed: u64,
    /// The end of a subscription though its channel goes on, which ends the stream.
    pub(crate) end: Option<CloseReason>,
    /// Whether the stream is not to end before all of it is sent, however its client has asked.
    pub(crate) is_one_shot: bool,
}

#[derive(Clone, Copy)]
struct ScopeState {
    /// `None` outside of any scope.
    audience: Option<Audience>,
    has_reports: bool,
    /// The budget of all subscriptions in this poll.
    budget: PollBudget,
    /// How many wait for the end of this poll.
    held: usize,
}

/// Something that is notified when a poll is over.
pub(crate) trait EndOfPoll {
    fn end_poll(&self);
}

const OUTSIDE: ScopeState = ScopeState {
    audience: None,
    has_reports: false,
    budget: PollBudget::FULL,
    held: 0,
};

// In two parts, because every poll reads and writes the state, which a `Cell` does without a check, and
// hardly any has reports.
thread_local! {
    static STATE: Cell<ScopeState> = const { Cell::new(OUTSIDE) };
    static REPORTS: RefCell<Reports> = RefCell::default();
    /// Those that wait for the end of a poll on this thread: of this scope, after those around it.
    static HELD: RefCell<Vec<Arc<dyn EndOfPoll>>> = RefCell::default();
}

/// A poll of a stream, during which subscriptions report to it.
#[must_use = "it ends when it is dropped"]
pub(crate) struct Scope {
    /// The state of the scope around this one, if one stream polls another.
    outer: ScopeState,
    /// The reports to that scope.
    reports: Option<Box<Reports>>,
}

impl Scope {
    pub(crate) fn enter(audience: Audience) -> Self {
        let inner = ScopeState {
            audience: Some(audience),
            ..OUTSIDE
        };
        let outer = STATE.replace(inner);
        let reports = outer.has_reports.then(|| Box::new(REPORTS.take()));
        Self { outer, reports }
    }

    /// Takes the reports since the last call.
    #[inline]
    pub(crate) fn take(&self) -> Option<Reports> {
        let state = STATE.get();
        if !state.has_reports {
            return None;
        }
        STATE.set(ScopeState {
            has_reports: false,
            ..state
        });
        Some(REPORTS.take())
    }
}

impl Drop for Scope {
    fn drop(&mut self) {
        let inner = STATE.replace(self.outer);
        release(inner.held);
        // Reports that were not taken because the poll panicked must not reach another stream.
        if inner.has_reports || self.reports.is_some() {
            REPORTS.set(self.reports.take().map(|outer| *outer).unwrap_or_default());
        }
    }
}

/// Returns what is known about the client, or `None` if no stream polls.
#[inline]
pub(crate) fn audience() -> Option<Audience> {
    STATE.get().audience
}

/// Returns `true` if the budget of the poll is spent, so that all subscriptions in it should yield.
#[inline]
pub(crate) fn is_budget_spent() -> bool {
    STATE.get().budget.is_spent()
}

/// Counts an event of a subscription in the budget of the poll.
#[inline]
pub(crate) fn spend_budget(now: impl FnOnce() -> Instant) {
    let mut state = STATE.get();
    state.budget.spend(now);
    STATE.set(state);
}

/// Returns `true` if this thread is within a poll that somebody may wait for.
pub(crate) fn is_polling() -> bool {
    audience().is_some() || HELD.with_borrow(|held| !held.is_empty())
}

/// Notifies something at the end of the poll: that of the stream that polls, or else when the guard that
/// this returns is dropped. Calls `begin` unless that was arranged before in this poll.
pub(crate) fn hold(end: &Arc<impl EndOfPoll + 'static>, begin: impl FnOnce()) -> PollGuard {
    let is_held = |held: &Vec<Arc<dyn EndOfPoll>>| {
        let mut held = held.iter();
        held.any(|held| Arc::as_ptr(held).addr() == Arc::as_ptr(end).addr())
    };
    if HELD.with_borrow(is_held) {
        return PollGuard { held: 0 };
    }
    begin();
    HELD.with_borrow_mut(|held| held.push(Arc::clone(end) as Arc<dyn EndOfPoll>));
    let state = STATE.get();
    if state.audience.is_none() {
        return PollGuard { held: 1 };
    }
    let held = state.held + 1;
    STATE.set(ScopeState { held, ..state });
    PollGuard { held: 0 }
}

/// The end of a poll outside of any stream.
#[must_use = "the poll is over when it is dropped"]
pub(crate) struct PollGuard {
    held: usize,
}

impl Drop for PollGuard {
    fn drop(&mut self) {
        release(self.held);
    }
}

/// Notifies the last of those that wait for the end of a poll.
fn release(count: usize) {
    for _ in 0..count {
        if let Some(end) = HELD.with_borrow_mut(Vec::pop) {
            end.end_poll();
        }
    }
}

/// Reports to the stream that polls, if one does.
pub(crate) fn report(report: impl FnOnce(&mut Reports)) {
    let state = STATE.get();
    if state.audience.is_some() {
        STATE.set(ScopeState {
            has_reports: true,
            ..state
        });
        REPORTS.with_borrow_mut(report);
    }
}

#[cfg(test)]
mod tests {
    use std::panic::catch_unwind;

    use super::*;

    fn miss(missed: u64) {
        report(|reports| reports.missed += missed);
    }

    fn missed(scope: &Scope) -> Option<u64> {
        scope.take().map(|reports| reports.missed)
    }

    #[test]
    fn adds_up_what_is_reported_within() {
        let scope = Scope::enter(Audience::Unknown);
        assert_eq!(missed(&scope), None);
        miss(1);
        miss(2);
        assert_eq!(missed(&scope), Some(3));
        assert_eq!(missed(&scope), None);
    }

    #[test]
    fn drops_what_is_reported_outside() {
        miss(1);
        assert_eq!(audience(), None);
        let scope = Scope::enter(Audience::Other);
        assert_eq!(missed(&scope), None);
        assert_eq!(audience(), Some(Audience::Other));
        drop(scope);
        assert_eq!(audience(), None);
    }

    #[test]
    fn keeps_the_scopes_of_nested_streams_apart() {
        let outer = Scope::enter(Audience::NamesEventStream);
        miss(1);
        let inner = Scope::enter(Audience::Other);
        assert_eq!(missed(&inner), None);
        miss(2);
        assert_eq!(missed(&inner), Some(2));
        miss(4);
        drop(inner);
        assert_eq!(audience(), Some(Audience::NamesEventStream));
        assert_eq!(missed(&outer), Some(1));
    }

    #[test]
    fn drops_what_a_poll_has_not_taken_that_panicked() {
        let panic = || {
            let _scope = Scope::enter(Audience::Other);
            miss(1);
            panic!("in the middle");
        };
        catch_unwind(panic).unwrap_err();
        let outer = Scope::enter(Audience::Other);
        miss(2);
        catch_unwind(panic).unwrap_err();
        assert_eq!(missed(&outer), Some(2));
        miss(3);
        assert_eq!(missed(&outer), Some(3));
    }

    #[test]
    fn has_one_budget_for_all_subscriptions_of_a_poll() {
        let now = Instant::now();
        let is_spent_after = |events: usize| {
            (0..events).for_each(|_| spend_budget(|| now));
            is_budget_spent()
        };
        let outer = Scope::enter(Audience::Other);
        assert!(!is_spent_after(1023));
        let inner = Scope::enter(Audience::Other);
        assert!(!is_spent_after(1023));
        drop(inner);
        assert!(!is_spent_after(0));
        assert!(is_spent_after(1));
        drop(outer);
    }
}
