use tower_sse::{CloseReason, Event, EventName, FinalEvents};

const LAST: EventName = EventName::from_static("last");

const REASONS: [CloseReason; 6] = [
    CloseReason::ShutDown,
    CloseReason::Lifetime,
    CloseReason::Deadline,
    CloseReason::Revoked,
    CloseReason::Evicted,
    CloseReason::Failed,
];

/// What has set a final event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SetBy {
    Handler,
    Inner,
    Outer,
}

/// The close reasons that have a final event, and what has set each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Finals([Option<SetBy>; REASONS.len()]);

impl Finals {
    pub(crate) fn new(which: [bool; REASONS.len()]) -> Self {
        Self(which.map(|is_set| is_set.then_some(SetBy::Handler)))
    }

    pub(crate) fn by(self, by: SetBy) -> Self {
        Self(self.0.map(|set| set.map(|_| by)))
    }

    pub(crate) fn or(self, other: Self) -> Self {
        let mut both = self;
        for (here, there) in both.0.iter_mut().zip(other.0) {
            *here = here.or(there);
        }
        both
    }

    /// Returns the text of the event of a reason.
    pub(crate) fn text(&self, reason: CloseReason) -> Option<String> {
        let place = REASONS.iter().position(|other| *other == reason)?;
        Some(format!(
            "event: last\ndata: {:?} {reason}\n\n",
            self.0[place]?
        ))
    }

    pub(crate) fn events(&self) -> FinalEvents {
        let mut events = FinalEvents::new();
        for (by, reason) in self.0.into_iter().zip(REASONS) {
            let Some(by) = by else { continue };
            let event = Event::new(format!("{by:?} {reason}")).name(LAST);
            events = match reason {
                CloseReason::ShutDown => events.shutdown(event),
                CloseReason::Lifetime => events.lifetime(event),
                CloseReason::Deadline => events.deadline(event),
                CloseReason::Revoked => events.revocation(event),
                CloseReason::Evicted => events.eviction(event),
                _ => events.failure(event),
            };
        }
        events
    }
}
