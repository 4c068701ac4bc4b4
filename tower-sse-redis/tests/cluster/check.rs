//! Checks what clients have seen against what was acknowledged and what Redis has in the end.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;

use crate::{
    client::{Client, Seen},
    place::Place,
    publisher::{Outcome, Published},
    stored::Stored,
};

/// What was published, and what became of it.
pub(crate) struct Truth {
    stored: Stored,
    /// The numbers of everything that was acknowledged or is stored.
    facts: BTreeMap<Place, usize>,
    channels: HashMap<usize, Vec<usize>>,
    report: Report,
}

/// The counts of a test.
#[derive(Clone, Debug, Default)]
pub(crate) struct Report {
    pub(crate) acknowledged: usize,
    pub(crate) failed: usize,
    pub(crate) unknown: usize,
    /// Those of unknown outcome that Redis has.
    pub(crate) unknown_stored: usize,
    /// Those that were acknowledged and that Redis does not have any more.
    pub(crate) lost: usize,
    /// Losses that the store has marked.
    pub(crate) marks: usize,
    pub(crate) connections: usize,
    pub(crate) delivered: usize,
    /// Notices of gaps and lags, and how many of them were of other channels than the busy one.
    pub(crate) notices: usize,
    pub(crate) other_notices: usize,
    /// Events that clients were told to have missed.
    pub(crate) told: usize,
    /// Of these, those that Redis retained and no loss explains.
    pub(crate) needless: usize,
    pub(crate) silent: usize,
    pub(crate) doubled: usize,
    pub(crate) disordered: usize,
    /// Events that came at another place again, after a notice, because Redis had lost them.
    pub(crate) again: usize,
    /// What is wrong, for messages of failures.
    faults: Vec<String>,
}

impl Truth {
    pub(crate) fn new(published: &[Published], stored: Stored) -> Self {
        let (mut report, mut facts) = (Report::default(), BTreeMap::new());
        let (mut channels, mut kept) = (HashMap::new(), HashMap::new());
        for (place, (number, _)) in &stored.events {
            let other = kept.insert(*number, *place);
            assert_eq!(other, None, "{number} is stored twice, at {place:?} too");
        }
        for one in published {
            channels.insert(one.number, one.channels.clone());
            let is_kept = kept.contains_key(&one.number);
            match &one.outcome {
                Outcome::Failed(error) => {
                    report.failed += 1;
                    assert!(!is_kept, "{} has failed and is stored: {error}", one.number);
                }
                Outcome::Unknown => {
                    report.unknown += 1;
                    report.unknown_stored += usize::from(is_kept);
                }
                Outcome::Acknowledged(place) => {
                    report.acknowledged += 1;
                    let at_place = stored.events.get(place).map(|(number, _)| *number);
                    report.lost += usize::from(at_place.is_none());
                    assert!(
                        at_place.is_none_or(|number| number == one.number),
                        "{place:?} was used twice: {at_place:?} and {}",
                        one.number
                    );
                    let other = facts.insert(*place, one.number);
                    assert!(
                        other.is_none(),
                        "{place:?} was used twice: {other:?} and {one:?}"
                    );
                }
            }
        }
        for (place, (number, stored_channels)) in &stored.events {
            let published = channels.get(number).expect("it was never published");
            let (mut one, mut other) = (published.clone(), stored_channels.clone());
            one.sort_unstable();
            other.sort_unstable();
            assert_eq!(one, other, "the channels of {number}");
            facts.entry(*place).or_insert(*number);
        }
        report.marks = stored.losses.len();
        Self {
            stored,
            facts,
            channels,
            report,
        }
    }

    /// Returns `true` if an event is one of those that a client was told to have missed. A loss may be found, and
    /// marked, when the client already has later events.
    fn covers(&self, told: &Told, place: Place) -> bool {
        let is_lost = !self.stored.events.contains_key(&place);
        let mut losses = self.stored.losses.iter();
        let mut after_mark =
            || losses.any(|loss| place < *loss && told.after < *loss && *loss < told.until);
        place < told.until && (told.after < place || is_lost && after_mark())
    }

    /// Returns `true` if it is known why an event is missed: the store has dropped it from the topic or has lost it,
    /// or the client was sent past a loss or to another epoch.
    fn explains(&self, told: &Told, place: Place) -> bool {
        let is_retained = self.stored.retained.contains(&(told.channel, place));
        let mut losses = self.stored.losses.iter();
        !is_retained || told.after.0 != told.until.0 || losses.any(|loss| *loss > place)
    }
}

/// What a client was told to have missed of a channel: everything between two places.
#[derive(Debug)]
struct Told {
    channel: usize,
    after: Place,
    until: Place,
}

impl Report {
    pub(crate) fn new(truth: &Truth, clients: &[Client]) -> Self {
        let mut report = truth.report.clone();
        for client in clients {
            report.connections += client.connections;
            let mut reader = Reader::new(truth, client, &mut report);
            client.seen.iter().for_each(|seen| reader.take(seen));
            reader.end();
        }
        report
    }

    fn fault(&mut self, fault: String) {
        self.faults.push(fault);
    }

    /// Fails if a client has lost events in silence, or has got one twice or out of order.
    #[track_caller]
    pub(crate) fn is_sound(&self) {
        let wrong = self.silent + self.doubled + self.disordered + self.needless;
        let first: Vec<_> = self.faults.iter().take(10).collect();
        assert!(wrong == 0 && self.faults.is_empty(), "{self}\n{first:#?}");
    }
}

struct Reader<'a> {
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
    fn new(truth: &'a Truth, client: &'a Client, report: &'a mut Report) -> Self {
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

    fn take(&mut self, seen: &Seen) {
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
        self.report.other_notices += usize::from(channel != crate::cluster::BUSY);
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
        let is_new = self.places.insert(place);
        if let Some((before, notices)) = before {
            let was_lost =
                !self.truth.stored.events.contains_key(&before) && notices < self.notices;
            match was_lost && is_new {
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

    fn end(mut self) {
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

impl Truth {
    /// Returns the epoch that Redis has in the end.
    fn epoch(&self) -> usize {
        let last = self.facts.keys().next_back();
        last.map_or(0, |(epoch, _)| *epoch)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "acknowledged {}, failed {}, unknown {} (stored {}), lost {} (marked {}); \
             delivered {} by {} connections, again {}, notices {} (of other channels {}), told {}, needless {}, \
             lost in silence {}, doubled {}, out of order {}",
            self.acknowledged,
            self.failed,
            self.unknown,
            self.unknown_stored,
            self.lost,
            self.marks,
            self.delivered,
            self.connections,
            self.again,
            self.notices,
            self.other_notices,
            self.told,
            self.needless,
            self.silent,
            self.doubled,
            self.disordered,
        )
    }
}
