//! What was published and stored, against which clients are checked.

use std::collections::{BTreeMap, HashMap};

use crate::{
    place::Place,
    publisher::{Outcome, Published},
    report::Report,
    stored::Stored,
};

/// What was published, and what became of it.
pub(crate) struct Truth {
    pub(crate) stored: Stored,
    /// The numbers of everything that was acknowledged or is stored.
    pub(crate) facts: BTreeMap<Place, usize>,
    pub(crate) channels: HashMap<usize, Vec<usize>>,
    pub(crate) report: Report,
}

/// What a client was told to have missed of a channel: everything between two places.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) channel: usize,
    pub(crate) after: Place,
    pub(crate) until: Place,
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
    pub(crate) fn covers(&self, told: &Told, place: Place) -> bool {
        let is_lost = !self.stored.events.contains_key(&place);
        let mut losses = self.stored.losses.iter();
        let mut after_mark =
            || losses.any(|loss| place < *loss && told.after < *loss && *loss < told.until);
        place < told.until && (told.after < place || is_lost && after_mark())
    }

    /// Returns `true` if it is known why an event is missed: the store has dropped it from the topic or has lost it,
    /// or the client was sent past a loss or to another epoch.
    pub(crate) fn explains(&self, told: &Told, place: Place) -> bool {
        let is_retained = self.stored.retained.contains(&(told.channel, place));
        let mut losses = self.stored.losses.iter();
        !is_retained || told.after.0 != told.until.0 || losses.any(|loss| *loss > place)
    }

    /// Returns the epoch that Redis has in the end.
    pub(crate) fn epoch(&self) -> usize {
        let last = self.facts.keys().next_back();
        last.map_or(0, |(epoch, _)| *epoch)
    }
}
