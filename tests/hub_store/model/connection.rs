use std::collections::{BTreeSet, VecDeque};

use tower_sse::{Gap, Subscription, store::Epoch};

use super::{
    changing::{Asked, Origin},
    member::Member,
    nodes::NodeId,
    publishing::topic,
    settings::KEYED,
    truth::{FactKind, Truth},
    wire::WireId,
};

/// A stream that a client reads, and what it must still bring.
pub(super) struct Connection {
    pub(super) subscription: Subscription,
    pub(super) node: NodeId,
    /// The number of the client's connection.
    pub(super) number: u64,
    pub(super) epoch: Epoch,
    pub(super) members: Vec<Member>,
    pub(super) has_keys: bool,
    /// The name of the client, if its channels change.
    name: Option<String>,
    /// Changes up to this position have been applied.
    changes_at: u64,
    /// The position of the id with which the client came.
    pub(super) came_with: Option<u64>,
    /// The position of the last id.
    pub(super) last: u64,
    /// Whether that is of a keyed channel alone.
    pub(super) is_keyed: bool,
    /// The positions of what the hub has noticed as lost before the stream began, so that it cannot come.
    gone: BTreeSet<u64>,
    /// Where a client goes on whose id is not known.
    pub(super) lowered: Option<u64>,
    /// The channels whose gaps were reported before the stream began.
    opening_gaps: VecDeque<String>,
    /// The channels that were added before, and begin again.
    begun_again: Vec<String>,
}

/// Where a connection begins.
pub(super) struct Beginning<'a> {
    pub(super) node: NodeId,
    pub(super) number: u64,
    pub(super) name: Option<&'a str>,
    pub(super) asked: &'a [Asked],
    pub(super) id: Option<&'a WireId>,
    pub(super) epoch: Epoch,
    /// The position of the hub when it was asked.
    pub(super) asked_at: u64,
    /// The position of the hub when the stream began.
    pub(super) published: u64,
}

impl Beginning<'_> {
    /// Returns the number of a position that the application has kept. The hub may be behind it, and the store may
    /// have lost it.
    fn kept(&self, id: &WireId) -> u64 {
        if id.epoch == self.epoch { id.number } else { 0 }
    }

    /// Returns `true` if a channel begins at a position of another epoch: with the next event, after a gap.
    fn is_foreign(&self, asked: &Asked) -> bool {
        matches!(&asked.origin, Origin::Since(id) if id.epoch != self.epoch)
    }
}

impl Connection {
    pub(super) fn new(subscription: Subscription, truth: &Truth, begin: &Beginning<'_>) -> Self {
        let known = |id: &WireId| {
            let is_known = id.epoch == begin.epoch && id.number <= begin.published;
            is_known.then_some(id.number)
        };
        let last = begin.id.map(known);
        let gaps = subscription.gaps().to_vec();
        let has_unknown_id = last == Some(None);
        let lowered = has_unknown_id.then(|| match begin.id {
            // The channels go on with what the new epoch has.
            Some(id) if id.epoch != begin.epoch => 0,
            _ => begin.published,
        });
        let begun_again = begin.asked.iter().filter(|asked| {
            let added_at = asked.added_at.as_ref().map(|id| begin.kept(id));
            added_at.is_some_and(|at| at > 0 && last.flatten().is_none_or(|last| last < at))
        });
        let windows = begin.asked.iter().filter(|asked| asked.channel != KEYED);
        let members = windows.map(|asked| member(asked, truth, begin, last, &gaps));
        let mut members: Vec<_> = members.collect();
        if last.flatten().is_none() && begin.asked.iter().any(|asked| begin.is_foreign(asked)) {
            // What precedes the position comes without ids, and again after a break.
            members.iter_mut().for_each(|member| member.is_again = true);
        }
        let lowered = lowered.map(|upto| members.iter().map(|one| one.told).max().unwrap_or(upto));
        // What the hub has read of the losses.
        let losses = truth
            .losses_at
            .range((begin.epoch, 0)..=(begin.epoch, begin.published));
        let noticed = losses.map(|(_, at)| *at).max();
        let gone = truth.between(begin.epoch, 0, noticed.unwrap_or_default());
        let gone = gone.filter(|(_, fact)| fact.is_lost);
        Self {
            gone: gone.map(|(position, _)| position).collect(),
            node: begin.node,
            number: begin.number,
            epoch: begin.epoch,
            members,
            has_keys: begin.asked.iter().any(|asked| asked.channel == KEYED),
            name: begin.name.map(str::to_owned),
            changes_at: begin.asked_at,
            came_with: last.flatten(),
            last: last.flatten().unwrap_or_default(),
            is_keyed: begin.id.is_some_and(|id| id.is_keyed),
            lowered,
            begun_again: begun_again.map(|asked| asked.channel.clone()).collect(),
            opening_gaps: gaps.iter().map(|gap| gap.channel.to_string()).collect(),
            subscription,
        }
    }

    /// Returns `true` if the store has lost the event at a position, and the hub had noticed that before.
    pub(super) fn is_gone(&self, position: u64) -> bool {
        self.gone.contains(&position)
    }

    pub(super) fn member(&mut self, channel: &str) -> Option<&mut Member> {
        let mut members = self.members.iter_mut();
        members.find(|member| member.topic.as_str() == channel)
    }

    /// Returns `true` if this is the notice of a gap that was reported before.
    pub(super) fn take_opening_gap(&mut self, channel: &str) -> bool {
        let is_next = self
            .opening_gaps
            .front()
            .is_some_and(|next| next == channel);
        if is_next {
            self.opening_gaps.pop_front();
        }
        is_next
    }

    /// Applies the change of which the client is notified.
    pub(super) fn change(&mut self, truth: &Truth, channel: &str, is_added: bool, published: u64) {
        let again = self.begun_again.iter().position(|again| again == channel);
        if let Some(again) = again.filter(|_| is_added) {
            self.begun_again.remove(again);
            return;
        }
        let Some(name) = self.name.clone() else {
            panic!("{channel} has changed for nothing");
        };
        for (position, fact) in truth.between(self.epoch, self.changes_at, published) {
            let FactKind::Change {
                is_addition,
                name: of,
                channel: changed,
                since,
            } = &fact.kind
            else {
                continue;
            };
            if *of != name {
                continue;
            }
            if changed == channel && *is_addition == is_added {
                self.changes_at = position;
                if self.has(channel) != is_added {
                    return self.apply(channel, is_added, position, since, published);
                }
                continue;
            }
            let is_effective = self.has(changed) != *is_addition;
            // Of a channel that is added and removed while the client does not read it need not know.
            let is_undone = || {
                let mut later = truth.between(self.epoch, position, published);
                later.any(|(_, fact)| fact.undoes(&name, changed, *is_addition))
            };
            assert!(
                !is_effective || fact.is_lost || is_undone(),
                "the change at {position} was skipped"
            );
        }
        panic!("{channel} has not changed ({is_added})");
    }

    pub(super) fn drop_channel(&mut self, channel: &str) {
        self.has_keys &= channel != KEYED;
        self.members
            .retain(|member| member.topic.as_str() != channel);
    }

    fn has(&self, channel: &str) -> bool {
        match channel == KEYED {
            true => self.has_keys,
            false => self.members.iter().any(|one| one.topic.as_str() == channel),
        }
    }

    fn apply(
        &mut self,
        channel: &str,
        is_added: bool,
        position: u64,
        since: &Option<Option<WireId>>,
        published: u64,
    ) {
        if channel == KEYED {
            self.has_keys = is_added;
            return;
        }
        if !is_added {
            self.members
                .retain(|member| member.topic.as_str() != channel);
            return;
        }
        let at = match since {
            _ if channel == super::settings::EPHEMERAL => position,
            None => position,
            Some(None) => 0,
            Some(Some(id)) if id.epoch == self.epoch && id.number <= published => id.number,
            // The position of another epoch says nothing of what was published so far.
            Some(Some(id)) if id.epoch != self.epoch => position,
            Some(Some(_)) => 0,
        };
        let is_foreign = |id: &Option<WireId>| id.as_ref().is_some_and(|id| id.epoch != self.epoch);
        self.members.push(Member {
            may_begin_with_gap: since.as_ref().is_some_and(is_foreign),
            is_replay: *since == Some(None),
            replay_upto: position,
            added_at: Some(position),
            is_again: true,
            ..Member::new(topic(channel), at)
        });
    }

    /// Checks that no event comes of a channel that was published after its removal.
    pub(super) fn check_not_removed(&self, truth: &Truth, channel: &str, number: u64) {
        let Some(name) = &self.name else { return };
        let mut removed = None;
        for (position, fact) in truth.between(self.epoch, self.changes_at, number) {
            match &fact.kind {
                FactKind::Change {
                    is_addition,
                    name: of,
                    channel: changed,
                    ..
                } if of == name && changed == channel && !fact.is_lost => {
                    removed = (!is_addition).then_some(position);
                }
                _ => {}
            }
        }
        assert_eq!(
            removed, None,
            "{number} of {channel} comes after its removal"
        );
    }
}

/// Returns `true` if a channel was removed while the client connected.
fn was_removed(channel: &str, truth: &Truth, begin: &Beginning<'_>) -> bool {
    let mut facts = truth.between(begin.epoch, begin.asked_at, begin.published);
    facts.any(|(_, fact)| match &fact.kind {
        FactKind::Change {
            is_addition: false,
            name,
            channel: removed,
            ..
        } => begin.name == Some(name) && removed == channel,
        _ => false,
    })
}

fn member(
    asked: &Asked,
    truth: &Truth,
    begin: &Beginning<'_>,
    last: Option<Option<u64>>,
    gaps: &[Gap],
) -> Member {
    let added_at = asked.added_at.as_ref().map(|id| begin.kept(id));
    let is_after = added_at
        .zip(last.flatten())
        .is_some_and(|(at, last)| last >= at);
    let is_replay = asked.origin == Origin::Replay && !is_after;
    let mut member = Member::new(topic(&asked.channel), 0);
    member.at = match &asked.origin {
        _ if member.is_ephemeral() => begin.published,
        _ if is_after => last.flatten().unwrap_or_default(),
        Origin::Resume => match last {
            Some(last) => last.unwrap_or_default(),
            None => begin.published,
        },
        Origin::Live => begin.published,
        Origin::Replay => 0,
        Origin::Since(id) if added_at.is_some() => begin.kept(id),
        Origin::Since(id) => {
            let last = last.flatten().unwrap_or_default();
            last.max(begin.kept(id))
        }
    };
    member.is_replay = is_replay && !member.is_ephemeral();
    member.replay_upto = begin.published;
    member.added_at = added_at.filter(|_| !is_after);
    member.is_again = member.added_at.is_some() || is_replay;
    let gap = gaps.iter().find(|gap| *gap.channel == *asked.channel);
    if let Some(gap) = gap {
        let is_known = last != Some(None) && (gap.is_known || !begin.is_foreign(asked));
        assert_eq!(gap.is_known, is_known, "{gap:?} of {:?}", begin.id);
        let until = WireId::parse(gap.until.as_str());
        assert_eq!(until.epoch, begin.epoch);
        member.told = until.number - 1;
        member.told_exactly = member.told;
    }
    if last == Some(None) && gap.is_none() && was_removed(&asked.channel, truth, begin) {
        // The stream has never had it. The notice of its removal is still to come.
        member.at = begin.published;
        return member;
    }
    let must_have_gap = last == Some(None) && asked.origin == Origin::Resume;
    assert!(
        gap.is_some() || !must_have_gap || member.is_ephemeral() || is_after,
        "the unknown id {:?} is no gap of {}",
        begin.id,
        asked.channel
    );
    member
}
