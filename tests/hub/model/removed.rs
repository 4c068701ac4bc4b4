/// What a hub remembers of removed channels: for a bounded number of them up to which number a client may
/// miss events, and one number for all others.
#[derive(Debug)]
pub(crate) struct Removed {
    max: usize,
    entries: Vec<(u64, usize)>,
    others: u64,
}

impl Removed {
    pub(crate) fn new(max: usize) -> Self {
        Self {
            max,
            entries: Vec::new(),
            others: 0,
        }
    }

    pub(crate) fn remember(&mut self, name: usize, number: u64) {
        self.entries.retain(|(_, of)| *of != name);
        if number > self.others {
            self.entries.push((number, name));
        }
        if self.entries.len() > self.max {
            // The least of them counts for all from now on.
            self.entries.sort();
            self.others = self.entries.remove(0).0;
        }
    }

    /// Returns up to which number a client of this channel, which is made now, may miss events.
    pub(crate) fn recall(&mut self, name: usize) -> u64 {
        let entry = self.entries.iter().position(|(_, of)| *of == name);
        let number = entry.map_or(0, |entry| self.entries.remove(entry).0);
        number.max(self.others)
    }
}
