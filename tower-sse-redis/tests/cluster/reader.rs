//! Checks what a client has seen against what was acknowledged and what Redis has in the end.

use std::collections::{HashMap, HashSet};

use crate::{
    client::{Client, Seen},
    cluster::BUSY,
    place::Place,
    report::Report,
    truth::{Told, Truth},
};

/// Reads again what a client has seen, and checks it.
pub(crate) struct Reader<'a> {
    truth: &'a Truth,
    client: &'a Client,
    report: &'a mut Report,
    start: Option<Place>,
    cursor: Place,
    /// Where each event was received, and how many notices were before.
    received: HashMap<usize, (Place, usize)>,
    places: HashSet<Place>,
    notices: usize,
    told: Vec<Told>,
    /// Notices that do not say where the gap ends: with the next event of the channel, or with the connection.
    pending: HashMap<usize, Place>,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(truth: &'a Truth, client: &'a Client, report: &'a mut Report) -> Self {
        Self {
            truth,
            client,
            report,
            start: None,
            cursor: (0, 0),
            received: HashMap::new(),
            places: HashSet::new(),
            notices: 0,
            told: Vec::new(),
            pending: HashMap::new(),
        }
    }

    pub(crate) fn take(&mut self, seen: &Seen) {
        if self.start.is_none() && !matches!(seen, Seen::Connected | Seen::Checkpoint(_)) {
            self.report
                .fault(format!("it does not begin with a checkpoint: {seen:?}"));
        }
        match seen {
            Seen::Connected => self.end_connection(),
            Seen::Checkpoint(place) => {
                self.start.get_or_insert(*place);
                self.move_to(*place);
            }
            Seen::Event { place, number } => self.receive(*place, *number),
            Seen::Gap {
                channel,
                until,
                place,
            } => {
                self.note(*channel);
                match until {
                    Some(until) => self.tell(*channel, self.cursor, *until),
                    None => drop(self.pending.entry(*channel).or_insert(self.cursor)),
                }
                place.iter().for_each(|place| self.move_to(*place));
            }
            Seen::Lagged { channel } => {
                self.note(*channel);
                self.pending.entry(*channel).or_insert(self.cursor);
            }
        }
    }

    fn note(&mut self, channel: usize) {
        self.notices += 1;
        self.report.notices += 1;
        self.report.other_notices += usize::from(channel != BUSY);
    }

    fn tell(&mut self, channel: usize, after: Place, until: Place) {
        self.told.push(Told {
            channel,
            after,
            until,
        });
    }

    /// What was told before the connection ended reaches as far as the last id.
    fn end_connection(&mut self) {
        let until = (self.cursor.0, self.cursor.1 + 1);
        for (channel, after) in std::mem::take(&mut self.pending) {
            self.tell(channel, after, until);
        }
    }

    fn move_to(&mut self, place: Place) {
        if place < self.cursor {
            let is_lost = !self.truth.stored.events.contains_key(&self.cursor) && self.notices > 0;
            if !is_lost {
                self.report.disordered += 1;
                self.report
                    .fault(format!("{place:?} comes after {:?}", self.cursor));
            }
        }
        self.cursor = place;
    }

    fn receive(&mut self, place: Place, number: usize) {
        self.report.delivered += 1;
        self.check_event(place, number);
        let before = self.received.insert(number, (place, self.notices));
        self.places.insert(place);
        if let Some((before, notices)) = before {
            let was_lost =
                !self.truth.stored.events.contains_key(&before) && notices < self.notices;
            match was_lost {
                true => self.report.again += 1,
                false => {
                    self.report.doubled += 1;
                    self.report
                        .fault(format!("{number} comes at {before:?} and {place:?}"));
                }
            }
        } else if place == self.cursor {
            self.report.doubled += 1;
            self.report.fault(format!("{place:?} comes twice"));
        }
        // An event of several channels may have come by another one.
        if let [channel] = self.mine(number)[..]
            && let Some(after) = self.pending.remove(&channel)
        {
            self.tell(channel, after, place);
        }
        self.move_to(place);
    }

    fn check_event(&mut self, place: Place, number: usize) {
        let fact = self.truth.facts.get(&place);
        if fact.is_some_and(|fact| *fact != number) {
            self.report
                .fault(format!("{place:?} has {number}, and not {fact:?}"));
        }
        let losses = &self.truth.stored.losses;
        if fact.is_none()
            && place.0 == self.truth.epoch()
            && losses.iter().all(|loss| *loss < place)
        {
            self.report
                .fault(format!("{number} at {place:?} was never stored"));
        }
        if self.mine(number).is_empty() {
            self.report
                .fault(format!("{number} is of none of {:?}", self.client.channels));
        }
    }

    /// Returns the channels of the client that an event is in.
    fn mine(&self, number: usize) -> Vec<usize> {
        let channels = self.truth.channels.get(&number).into_iter().flatten();
        channels
            .copied()
            .filter(|one| self.client.channels.contains(one))
            .collect()
    }

    pub(crate) fn end(mut self) {
        self.end_connection();
        let Some(start) = self.start else { return };
        let after = (start.0, start.1 + 1);
        for (place, number) in self.truth.facts.range(after..=self.cursor) {
            if !self.places.contains(place) {
                self.check_missed(*place, *number);
            }
        }
    }

    /// Checks that the client was told so in each of its channels that the event is in.
    fn check_missed(&mut self, place: Place, number: usize) {
        let mine = self.mine(number);
        if mine.is_empty() {
            return;
        }
        let (mut is_told, mut is_explained) = (true, true);
        for channel in mine {
            let covers = |told: &&Told| told.channel == channel && self.truth.covers(told, place);
            match self.told.iter().find(covers) {
                Some(told) => is_explained &= self.truth.explains(told, place),
                None => is_told = false,
            }
        }
        self.report.told += usize::from(is_told);
        if !is_told {
            self.report.silent += 1;
            self.report
                .fault(format!("{number} at {place:?} is missed in silence"));
        } else if !is_explained {
            self.report.needless += 1;
            self.report
                .fault(format!("{number} at {place:?} was missed for nothing"));
        }
    }
}
