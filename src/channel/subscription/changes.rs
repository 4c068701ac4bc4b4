//! Channels that come to a subscription and leave it while it is open.

use std::{collections::VecDeque, sync::Arc};

use super::control::Control;
use crate::channel::{Gap, hub::registration::Registration};

/// The changes of a subscription that its client has not been notified of.
#[derive(Default)]
pub(super) struct Changes {
    registration: Option<Registration>,
    pub(super) notices: VecDeque<ChangeNotice>,
    /// The numbers at which channels were added, in order. When everything up to one has been read, the
    /// client gets it as a checkpoint.
    additions: VecDeque<u64>,
    /// Whether the subscription begins before its position, so that the client gets no id until then.
    pub(super) is_catching_up: bool,
    /// Whether the channels are not known any more: the client has to come back.
    pub(super) has_missed: bool,
}

/// A notice of a change.
#[derive(Debug)]
pub(super) enum ChangeNotice {
    Added(Arc<str>),
    Removed(Arc<str>),
    Gap(Gap),
}

impl Changes {
    /// Makes them for a subscription that begins at this position.
    pub(super) fn new(
        registration: Option<Registration>,
        additions: Vec<u64>,
        position: u64,
    ) -> Self {
        let mut changes = Self {
            registration,
            ..Self::default()
        };
        // The client gets no lower id than that of the position, so not before all up to it has been sent.
        let additions = additions.into_iter();
        additions.for_each(|number| changes.add_checkpoint(number.max(position)));
        changes
    }

    /// Sends the id of a position as the client's first, when everything up to it has been read.
    pub(super) fn catch_up(&mut self, position: u64) {
        self.is_catching_up = true;
        if self.additions.front() != Some(&position) {
            self.additions.push_front(position);
        }
    }

    /// Returns nothing if there are no changes, and none can come.
    pub(super) fn into_box(self) -> Option<Box<Self>> {
        (self.is_named() || !self.additions.is_empty()).then(|| Box::new(self))
    }

    pub(super) fn is_named(&self) -> bool {
        self.registration.is_some()
    }

    pub(super) fn name(&self) -> Option<&Arc<str>> {
        self.registration.as_ref().map(Registration::name)
    }

    pub(super) fn control(&self) -> Option<&Arc<Control>> {
        self.registration.as_ref().map(Registration::control)
    }

    /// Gives the client this number, which is not below the position, when everything up to it has been
    /// read.
    pub(super) fn add_checkpoint(&mut self, number: u64) {
        if self.additions.back().is_none_or(|last| *last < number) {
            self.additions.push_back(number);
        }
    }

    /// Returns `true` if there is a change that was made within this poll.
    pub(super) fn has_more(&self) -> bool {
        self.control().is_some_and(|control| control.has_changes())
    }

    pub(super) fn owes_checkpoint(&self) -> bool {
        !self.additions.is_empty()
    }

    /// Takes the number of the next addition, if it is published and precedes the next event.
    pub(super) fn take_addition(&mut self, next: Option<u64>, published: u64) -> Option<u64> {
        let first = *self.additions.front()?;
        let is_due = first <= published && next.is_none_or(|next| next > first);
        is_due.then(|| self.additions.pop_front()).flatten()
    }
}
