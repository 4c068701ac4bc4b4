//! The position of a subscription in the log of its channel.

use std::{
    sync::Arc,
    task::{Poll, Waker},
};

use crate::{
    EventId,
    channel::{
        ChannelEvent, ChannelOptions, Gap, log::LogRead, shared::ChannelShared, wakers::WakerSlot,
    },
};

/// A position in a log, which counts as a subscriber until it [leaves](Self::leave).
pub(super) struct Cursor {
    shared: Arc<ChannelShared>,
    /// The number of the next event.
    next: u64,
    /// Where the task waits for the next publication.
    slot: Option<WakerSlot>,
}

/// The result of reading the log at a cursor.
pub(super) enum CursorItem {
    Event(ChannelEvent),
    /// The next event was evicted. The oldest that is retained, or will be, has this number.
    Evicted(u64),
    /// The channel is closed, and everything has been read.
    Closed,
}

impl Cursor {
    /// Adds a subscriber whose next event has this number.
    pub(super) fn new(shared: &Arc<ChannelShared>, next: u64) -> Self {
        shared.add_subscriber();
        Self {
            shared: Arc::clone(shared),
            next,
            slot: None,
        }
    }

    pub(super) fn options(&self) -> &ChannelOptions {
        &self.shared.options
    }

    pub(super) fn next_number(&self) -> u64 {
        self.next
    }

    /// Returns the id of the event before the next one.
    pub(super) fn last_id(&self) -> EventId {
        self.shared.epoch.id(self.next.saturating_sub(1))
    }

    /// Reads the next event. Is pending until it is published.
    pub(super) fn poll_next(&mut self, waker: &Waker) -> Poll<CursorItem> {
        let wakers = &self.shared.wakers;
        if wakers.is_registered(&self.slot, waker) {
            return Poll::Pending;
        }
        loop {
            // Before the read: a publication between the read and the registration starts another
            // round, and the task reads again.
            let round = wakers.round();
            match self.shared.read_event(self.next) {
                LogRead::Event(event) => {
                    let event = ChannelEvent::published(event, self.shared.epoch, self.next);
                    self.next += 1;
                    return Poll::Ready(CursorItem::Event(event));
                }
                LogRead::Evicted(first) => return Poll::Ready(CursorItem::Evicted(first)),
                LogRead::Closed => return Poll::Ready(CursorItem::Closed),
                LogRead::NotYet => {
                    if wakers.register(&mut self.slot, round, waker) {
                        return Poll::Pending;
                    }
                }
            }
        }
    }

    /// Moves to a later event. Returns how many are skipped.
    pub(super) fn skip_to(&mut self, next: u64) -> u64 {
        let skipped = next - self.next;
        self.next = next;
        skipped
    }

    /// Moves to the newest event, or to this number if that is later. Returns how many are skipped.
    pub(super) fn skip_to_newest(&mut self, first: u64) -> u64 {
        let next = self.shared.expire_and_read(|log| log.next_number());
        self.skip_to(next.saturating_sub(1).max(first))
    }

    /// Moves past what the log has evicted, and returns that as a gap. `None` if nothing was evicted.
    pub(super) fn skip_gap(&mut self) -> Option<Gap> {
        let LogRead::Evicted(_) = self.shared.read_event(self.next) else {
            return None;
        };
        let gap = |log: &_| Gap::new(self.last_id(), true, self.shared.epoch, log);
        let gap = self.shared.expire_and_read(gap);
        self.next = gap.first_number;
        Some(gap)
    }

    /// Leaves the channel. To be called once.
    pub(super) fn leave(&mut self) {
        if let Some(slot) = self.slot.take() {
            self.shared.wakers.deregister(slot);
        }
        self.shared.remove_subscriber();
    }
}
