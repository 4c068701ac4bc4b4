use tower_sse::store::{Epoch, Topic};

use super::{
    settings::EPHEMERAL,
    truth::{Fact, FactKind, Truth},
    world::World,
};

/// A channel of a connection that is not keyed, and what its client has of it.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) topic: Topic,
    /// Everything up to this position was received, or is not due.
    pub(super) at: u64,
    /// Everything up to this position was reported as missed.
    pub(super) told: u64,
    /// The same, at the least: not every notice says how far it reaches.
    pub(super) told_exactly: u64,
    /// Whether it begins with the oldest event that is retained.
    pub(super) is_replay: bool,
    /// What is published after this position is due whether it is retained or not, and an id at or above it says
    /// that the oldest events have come.
    pub(super) replay_upto: u64,
    /// An id below this position does not count for the channel.
    pub(super) added_at: Option<u64>,
    /// Whether the client may have some of the events already.
    pub(super) is_again: bool,
    /// Whether a gap may come first, of what was published before an addition.
    pub(super) may_begin_with_gap: bool,
}

impl Member {
    pub(super) fn new(topic: Topic, at: u64) -> Self {
        Self {
            topic,
            at,
            told: 0,
            told_exactly: 0,
            is_replay: false,
            replay_upto: 0,
            added_at: None,
            is_again: false,
            may_begin_with_gap: false,
        }
    }

    pub(super) fn is_ephemeral(&self) -> bool {
        self.topic.as_str() == EPHEMERAL
    }

    /// Checks that everything up to a position was received or reported.
    pub(super) fn check_nothing_skipped(
        &self,
        world: &World,
        truth: &Truth,
        epoch: Epoch,
        upto: u64,
    ) {
        if self.is_ephemeral() || upto <= self.at {
            return;
        }
        for (position, fact) in truth.between(epoch, self.at.max(self.told), upto) {
            if !self.has(fact) || fact.is_lost {
                continue;
            }
            // It may have been gone when the stream began.
            let is_gone = || {
                fact.came_back.contains(&self.topic)
                    || !world.recorder.retains(&self.topic, (epoch, position))
            };
            let is_replay = self.is_replay && position <= self.replay_upto;
            if is_replay && (world.settings.has_outages || is_gone()) {
                continue;
            }
            panic!("{position} was skipped: {self:?}, up to {upto}");
        }
    }

    /// Returns `true` if there is a reason to report events up to a position as missed.
    pub(super) fn can_miss(&self, world: &World, truth: &Truth, epoch: Epoch, upto: u64) -> bool {
        let after = self.at.max(self.told_exactly);
        let is_missed = |(position, fact): (u64, &Fact)| {
            let is_gone = || !world.recorder.retains(&self.topic, (epoch, position));
            self.has(fact) && (fact.is_lost || fact.came_back.contains(&self.topic) || is_gone())
        };
        world.settings.has_outages
            || truth.has_loss_above(epoch, self.at)
            || world.recorder.head().epoch != epoch
            || truth.between(epoch, after, upto).any(is_missed)
    }

    fn has(&self, fact: &Fact) -> bool {
        fact.kind == FactKind::Window && fact.topics.contains(&self.topic)
    }
}
