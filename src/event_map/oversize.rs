/// A policy for events that are larger than
/// [`EventMapBody::max_event_size`](crate::EventMapBody::max_event_size).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "a policy does nothing until a body has it"]
pub struct OversizePolicy {
    fails: bool,
}

impl OversizePolicy {
    /// Passes the event on as it comes. The closure does not get it. This is the default.
    ///
    /// While such an event is being passed on, the stream is not between two events: an error then breaks
    /// the stream, because no event can be appended.
    pub const fn pass_through() -> Self {
        Self { fails: false }
    }

    /// Ends the stream as an error of the body does: with the
    /// [`error_event`](crate::EventMapBody::error_event), or by failing. Nothing of the event is sent.
    pub const fn fail() -> Self {
        Self { fails: true }
    }

    pub(super) fn fails(self) -> bool {
        self.fails
    }
}

/// The same as [`OversizePolicy::pass_through`].
impl Default for OversizePolicy {
    fn default() -> Self {
        Self::pass_through()
    }
}
