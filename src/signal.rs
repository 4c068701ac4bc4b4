//! What a subscription reports to the `EventStream` that polls it.
//!
//! It does not travel in the items: a filter or a map between the two could drop it, a batch or a
//! merge delay it. The stream opens a scope on its thread while it polls, and a subscription that is
//! polled within reports to that scope, whatever is between them.

use std::cell::{Cell, RefCell};

use crate::{CloseReason, EncodedEvent};

/// What is known of the client that reads the stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Audience {
    /// No layer is around the stream.
    #[default]
    Unknown,
    /// A GET or QUERY that names `text/event-stream`, as browsers send it.
    EventSource,
    Other,
}

/// What subscriptions have reported during one poll.
#[derive(Debug, Default)]
pub(crate) struct Signals {
    /// Events that the channel sends by itself. They go before the item that the poll returns.
    pub(crate) notices: Vec<EncodedEvent>,
    /// The number of events that were missed.
    pub(crate) missed: u64,
    /// Why the stream is to end, and the error behind that.
    pub(crate) end: Option<(CloseReason, Option<String>)>,
}

#[derive(Clone, Copy)]
struct State {
    /// `None` outside of any scope.
    audience: Option<Audience>,
    /// Whether a subscription has been polled.
    has_channel: bool,
    has_signals: bool,
}

const OUTSIDE: State = State {
    audience: None,
    has_channel: false,
    has_signals: false,
};

thread_local! {
    static STATE: Cell<State> = const { Cell::new(OUTSIDE) };
    static SIGNALS: RefCell<Signals> = RefCell::default();
}

/// The poll of a stream, during which subscriptions report to it.
#[must_use = "it ends when it is dropped"]
pub(crate) struct Scope {
    /// The scope around this one, where one stream polls another.
    outer: State,
    signals: Option<Box<Signals>>,
}

impl Scope {
    pub(crate) fn enter(audience: Audience) -> Self {
        let inner = State {
            audience: Some(audience),
            ..OUTSIDE
        };
        let outer = STATE.replace(inner);
        let signals = outer.has_signals.then(|| Box::new(SIGNALS.take()));
        Self { outer, signals }
    }

    /// Takes what has been reported since it was last asked.
    #[inline]
    pub(crate) fn take(&self) -> Option<Signals> {
        let state = STATE.get();
        if !state.has_signals {
            return None;
        }
        STATE.set(State {
            has_signals: false,
            ..state
        });
        Some(SIGNALS.take())
    }

    /// Returns `true` if a subscription has been polled.
    pub(crate) fn has_channel(&self) -> bool {
        STATE.get().has_channel
    }
}

impl Drop for Scope {
    fn drop(&mut self) {
        STATE.set(self.outer);
        if let Some(signals) = self.signals.take() {
            SIGNALS.set(*signals);
        }
    }
}

/// Reports that a subscription is polled. Returns what is known of its client, if a stream polls it.
#[inline]
pub(crate) fn polled() -> Option<Audience> {
    let state = STATE.get();
    if state.audience.is_some() && !state.has_channel {
        STATE.set(State {
            has_channel: true,
            ..state
        });
    }
    state.audience
}

/// Reports something to the stream. Without one around, nothing happens.
pub(crate) fn report(report: impl FnOnce(&mut Signals)) {
    let state = STATE.get();
    if state.audience.is_some() {
        STATE.set(State {
            has_signals: true,
            ..state
        });
        SIGNALS.with_borrow_mut(report);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn miss(missed: u64) {
        report(|signals| signals.missed += missed);
    }

    fn missed(scope: &Scope) -> Option<u64> {
        scope.take().map(|signals| signals.missed)
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
        assert_eq!(polled(), None);
        let scope = Scope::enter(Audience::Other);
        assert_eq!(missed(&scope), None);
        assert_eq!(polled(), Some(Audience::Other));
        assert!(scope.has_channel());
        drop(scope);
        assert_eq!(polled(), None);
    }

    #[test]
    fn keeps_the_scopes_of_nested_streams_apart() {
        let outer = Scope::enter(Audience::EventSource);
        miss(1);
        let inner = Scope::enter(Audience::Other);
        assert_eq!(missed(&inner), None);
        miss(2);
        assert_eq!(missed(&inner), Some(2));
        polled();
        miss(4);
        drop(inner);
        assert!(!outer.has_channel());
        assert_eq!(polled(), Some(Audience::EventSource));
        assert_eq!(missed(&outer), Some(1));
    }
}
