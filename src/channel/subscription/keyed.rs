//! The keyed channels of a subscription.

use std::{sync::Arc, task::Context};

use super::rounds::{RoundStep, Rounds};
use crate::channel::shared::ChannelShared;

/// The keyed channels of a subscription, which take turns.
#[derive(Default)]
pub(super) struct KeyedMembers {
    rounds: Vec<Rounds>,
    /// The place of the channel whose turn it is.
    next: usize,
    /// Whether it is the turn of the other channels of the subscription.
    pub(super) is_turn_of_others: bool,
}

impl KeyedMembers {
    /// Returns nothing if there are none.
    pub(super) fn into_box(self) -> Option<Box<Self>> {
        (!self.rounds.is_empty()).then(|| Box::new(self))
    }

    pub(super) fn as_slice(&self) -> &[Rounds] {
        &self.rounds
    }

    pub(super) fn push(&mut self, rounds: Rounds) {
        self.rounds.push(rounds);
    }

    pub(super) fn get_mut(&mut self, place: usize) -> Option<&mut Rounds> {
        self.rounds.get_mut(place)
    }

    /// Removes the first channel of which this is true.
    pub(super) fn remove(&mut self, is_it: impl Fn(&Arc<ChannelShared>) -> bool) -> Option<Rounds> {
        let mut rounds = self.rounds.iter();
        let at = rounds.position(|one| is_it(&one.channel))?;
        self.next = 0;
        Some(self.rounds.remove(at))
    }

    /// Returns `true` if everything up to this number has been read.
    pub(super) fn has_read(&self, published: u64) -> bool {
        self.rounds.iter().all(|one| one.has_read(published))
    }

    /// Waits for the next names that leave, in the feeds of a presence.
    pub(super) fn poll_departures(&mut self, cx: &mut Context<'_>) {
        for rounds in &mut self.rounds {
            rounds.poll_departures(cx);
        }
    }

    /// Reads on in the channel whose turn it is, or in the next one that has something. Returns its place,
    /// too.
    pub(super) fn step(&mut self, published: u64) -> Option<(usize, RoundStep)> {
        let count = self.rounds.len();
        for turn in self.next..self.next + count {
            let place = turn % count;
            let step = self.rounds[place].step(published);
            if !matches!(step, RoundStep::Idle) {
                let has_read = !matches!(step, RoundStep::Again);
                self.next = (place + usize::from(has_read)) % count;
                return Some((place, step));
            }
        }
        None
    }

    pub(super) fn into_vec(self) -> Vec<Rounds> {
        self.rounds
    }
}
