//! The events of a subscription before those of the log.

use std::{collections::VecDeque, sync::Arc};

use crate::{
    EncodedEvent,
    channel::{Gap, notice::Notice},
};

/// The events before the log, in their order: notices, and the user's own.
#[derive(Default)]
pub(super) struct Opening {
    /// For the handler, and for the notices.
    pub(super) gaps: Vec<Gap>,
    pub(super) notices: VecDeque<OpeningNotice>,
    pub(super) events: VecDeque<EncodedEvent>,
}

/// A notice that an opening has.
#[derive(Clone, Copy)]
pub(super) enum OpeningNotice {
    Checkpoint,
    /// The place of the gap.
    Gap(usize),
}

impl OpeningNotice {
    /// Returns the name of the channel that the notice is about. `None` for a checkpoint.
    fn channel(self, gaps: &[Gap]) -> Option<&Arc<str>> {
        match self {
            Self::Checkpoint => None,
            Self::Gap(place) => gaps.get(place).map(|gap| &gap.channel),
        }
    }
}

impl Opening {
    /// Leaves out the notices that the client does not get, by the names of their channels. (A checkpoint has
    /// none.) The last notice of a gap has the id, so a checkpoint is needed only if there is no such notice.
    pub(super) fn leave_out(&mut self, is_sent: impl Fn(Option<&Arc<str>>) -> bool) {
        let gaps = &self.gaps;
        self.notices.retain(|notice| is_sent(notice.channel(gaps)));
        if self.notices.len() > 1 {
            let is_gap = |notice: &OpeningNotice| matches!(notice, OpeningNotice::Gap(_));
            self.notices.retain(is_gap);
        }
    }

    /// Returns `true` if the next notice is the one with the id of this point of the log. A client keeps
    /// the id of an event with data alone, so it may also come with the last of the user's events.
    pub(super) fn notice_has_id(&self) -> bool {
        self.notices.len() == 1 && !self.ends_with_id()
    }

    fn ends_with_id(&self) -> bool {
        let last = self.events.back();
        last.is_some_and(EncodedEvent::is_dispatched)
    }

    /// Returns the name of the channel that the next notice is about. `None` for a checkpoint.
    pub(super) fn next_channel(&self) -> Option<&Arc<str>> {
        self.notices.front()?.channel(&self.gaps)
    }

    /// Takes the next notice. `None` if none is necessary.
    pub(super) fn take_notice(&mut self) -> Option<Notice<'_>> {
        match self.notices.pop_front()? {
            // The id that it is for comes with the user's own event.
            OpeningNotice::Checkpoint if self.ends_with_id() => None,
            OpeningNotice::Checkpoint => Some(Notice::Checkpoint),
            OpeningNotice::Gap(place) => self.gaps.get(place).map(Gap::as_notice),
        }
    }
}
