//! A subscription of one channel, which most are: it takes no lists.

use std::{slice, sync::Arc};

use super::{
    members::Members,
    reader::Reader,
    resumption::{Gaps, Resumption, restart_in},
};
use crate::{
    EventId,
    channel::{hub::shared::HubShared, shared::ChannelShared, start::Start},
};

impl Reader {
    /// Subscribes as [`new`](Self::new) does, without a name, to one channel that is not keyed, and that was in
    /// the stream of the client from the beginning.
    pub(super) fn alone(
        hub: &Arc<HubShared>,
        channel: Arc<ChannelShared>,
        start: &Start,
        last_event_id: Option<&EventId>,
        restart: u64,
    ) -> (Self, Gaps) {
        let (epoch, waker) = (hub.epoch(), Arc::default());
        let (key, published) = hub.join_one(&channel, &waker);
        let resumption = Resumption {
            hub,
            last_event_id,
            last: last_event_id.map(|id| hub.number(id)),
            last_keyed: None,
            published,
            restart: restart_in(epoch, last_event_id, restart),
        };
        let member = resumption.member(channel, key, start);
        let (members, starts) = (slice::from_ref(&member), slice::from_ref(start));
        let position = resumption.position(members, starts);
        let gaps = resumption.gaps(members, starts);
        let mut reader = Self {
            hub: Arc::clone(hub),
            epoch,
            members: Members::One(member),
            position,
            waker,
            task: None,
            changes: None,
            paging: None,
            keyed: None,
        };
        reader.skip_gaps_of(&gaps);
        (reader, gaps)
    }
}
