//! The events of a subscription before those of the log.

use std::collections::VecDeque;

use crate::{
    EncodedEvent,
    channel::{Gap, gap::BackfillStream, notice::Notice},
};

/// The events before the log, in their order: the backfill of a gap, a notice, and the user's own.
#[derive(Default)]
pub(super) struct Opening {
    pub(super) backfill: Option<BackfillStream>,
    /// The gap that is not backfilled, for the handler and for the notice.
    pub(super) gap: Option<Gap>,
    pub(super) notice: Option<OpeningNotice>,
    pub(super) events: VecDeque<EncodedEvent>,
}

/// The kind of notice that an opening has.
#[derive(Clone, Copy)]
pub(super) enum OpeningNotice {
    Checkpoint,
    Gap,
}

impl Opening {
    /// Returns `true` if one of the user's events is last, and gets the id of this point of the log.
    /// A client keeps the id of an event with data alone.
    pub(super) fn ends_with_id(&self) -> bool {
        let last = self.events.back();
        last.is_some_and(EncodedEvent::is_dispatched)
    }

    /// Takes the notice. `None` if there is none, or none is necessary.
    pub(super) fn take_notice(&mut self) -> Option<Notice<'_>> {
        match self.notice.take()? {
            // The id that it is for comes with the user's own event.
            OpeningNotice::Checkpoint if self.ends_with_id() => None,
            OpeningNotice::Checkpoint => Some(Notice::Checkpoint),
            OpeningNotice::Gap => self.gap.as_ref().map(Gap::as_notice),
        }
    }
}
