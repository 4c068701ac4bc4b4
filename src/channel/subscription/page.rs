//! A page of older events, from the store of a hub.

use std::{collections::VecDeque, sync::Arc};

use crate::{
    EncodedEvent,
    channel::{Gap, node::Reading, shared::ChannelShared},
    store::{Page, Topic},
};

/// A page of the history of all channels that the store keeps.
///
/// While it is read and sent, later events of the subscription wait: with their ids the client would
/// acknowledge what it has not got.
pub(super) struct Paging {
    pub(super) stage: Stage,
    /// The number up to which events were published when the page was asked for. What is above comes by the
    /// logs: it may be after a removal of the channel that is still on its way.
    pub(super) published: u64,
    /// Gaps that were found, which are reported first.
    pub(super) gaps: VecDeque<Box<Missed>>,
    /// Whether an event of it was read.
    pub(super) has_events: bool,
}

pub(super) enum Stage {
    Reading(Reading<Page>),
    /// What is still to be read, and the number up to which that is complete.
    Serving(VecDeque<Due>, u64),
    /// The store could not be read, or a channel was added: go on with the logs.
    Ended,
}

/// An event of a page.
pub(super) struct Due {
    pub(super) number: u64,
    pub(super) event: EncodedEvent,
    /// The names of its channels.
    pub(super) channels: Vec<Topic>,
}

impl Paging {
    /// Ends it, because it lacks a channel that was added. What is left of it is read again with that one.
    pub(super) fn end(&mut self) {
        self.stage = Stage::Ended;
    }

    /// Drops the gaps of a channel that was removed: the client gets nothing of it any more.
    pub(super) fn drop_gaps_of(&mut self, channel: &Arc<ChannelShared>) {
        self.gaps
            .retain(|missed| !Arc::ptr_eq(&missed.channel, channel));
    }
}

impl Due {
    pub(super) fn new(number: u64, event: EncodedEvent) -> Self {
        Self {
            number,
            event,
            channels: Vec::new(),
        }
    }
}

/// Events of a channel, up to the end of the gap, that are neither in its log nor in the store.
pub(super) struct Missed {
    pub(super) channel: Arc<ChannelShared>,
    pub(super) gap: Gap,
    /// Whether the client has not got any event of the channel yet.
    pub(super) is_resuming: bool,
}
