//! Clients with an id that a generation does not know.

/// The policy for a client whose `Last-Event-ID` is not of the generation to which it attaches.
///
/// The id may be of an earlier generation with the same key, from before a restart, or made up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[must_use = "a policy does nothing until the options have it"]
pub struct UnknownIdPolicy(UnknownIdAction);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum UnknownIdAction {
    #[default]
    Reject,
    Replay,
}

impl UnknownIdPolicy {
    /// Fails with [`GenerationError::UnknownId`](super::GenerationError::UnknownId), so that the handler decides.
    /// This is the default: most clients would append the whole answer to what they have.
    pub const fn reject() -> Self {
        Self(UnknownIdAction::Reject)
    }

    /// Sends the whole answer again. Use it for clients that build the message anew from its first event, as the
    /// AI SDK does.
    pub const fn replay() -> Self {
        Self(UnknownIdAction::Replay)
    }

    pub(super) fn replays(self) -> bool {
        self.0 == UnknownIdAction::Replay
    }
}
