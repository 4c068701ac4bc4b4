use std::collections::BTreeMap;

use super::{Hub, LifeId, hub::Published, keys::Key};

/// The filter of a client, and the hidden events after its last id.
#[derive(Clone, Debug, Default)]
pub(crate) struct Hide {
    /// Hides so many of three events.
    of_three: usize,
    sent: u64,
    hidden: BTreeMap<LifeId, usize>,
}

impl Hide {
    pub(crate) fn new(of_three: usize) -> Self {
        Self {
            of_three,
            ..Self::default()
        }
    }

    /// Returns `true` if there is a filter.
    pub(crate) fn is_some(&self) -> bool {
        self.of_three > 0
    }

    pub(super) fn hides(&self, event: &Published) -> bool {
        self.is_some() && hides(self.of_three, &event.payload.text)
    }

    pub(super) fn hides_key(&self, key: Key) -> bool {
        hides_key(self.of_three, key)
    }

    /// Counts an event that was hidden. Of several channels the subscription chooses one.
    pub(super) fn count(&mut self, by: &[LifeId]) {
        let count = usize::from(by.len() == 1);
        for life in by {
            *self.hidden.entry(*life).or_default() += count;
        }
    }

    /// Notes that the client has got an id.
    pub(super) fn reset(&mut self, id: u64) {
        self.sent = id;
        self.hidden.clear();
    }

    /// Checks that no checkpoint is due.
    pub(super) fn check(&self, hub: &Hub, life: LifeId) {
        let hidden = self.hidden.get(&life).copied().unwrap_or(0);
        let max = (hub.lives[life].config.max_events / 2).max(1);
        let is_resumed = hub.lives[life].config.is_resumed();
        assert!(!is_resumed || hidden < max, "hidden after {}", self.sent);
    }
}

/// Hides the events of a keyed channel by their keys.
pub(crate) fn hides_key(of_three: usize, key: Key) -> bool {
    key % 3 < of_three
}

/// Hides events by their text, which begins with a number.
pub(crate) fn hides(of_three: usize, text: &str) -> bool {
    let digits = text.bytes().skip_while(|byte| !byte.is_ascii_digit());
    let digits = digits.take_while(u8::is_ascii_digit);
    let serial = digits.fold(0, |serial, digit| serial * 10 + usize::from(digit - b'0'));
    serial % 3 < of_three
}
