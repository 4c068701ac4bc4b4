//! What publishers record, for clients in another process.

use crate::decode::Seen;

/// An event that was published.
pub(crate) struct Published {
    pub(crate) id: String,
    pub(crate) channels: Vec<usize>,
    pub(crate) data: String,
}

impl Published {
    pub(crate) fn to_line(&self) -> String {
        let channels: Vec<_> = self.channels.iter().map(usize::to_string).collect();
        format!("{}\t{}\t{}\n", self.id, channels.join(","), self.data)
    }

    pub(crate) fn from_line(line: &str) -> Self {
        let mut fields = line.split('\t');
        let mut next = || fields.next().unwrap();
        let (id, channels, data) = (next(), next(), next());
        Self {
            id: id.to_owned(),
            channels: channels
                .split(',')
                .map(|one| one.parse().unwrap())
                .collect(),
            data: data.to_owned(),
        }
    }

    /// Returns the number in the id: its place in the sequence of the hub.
    pub(crate) fn number(&self) -> u64 {
        let (_, number) = self.id.rsplit_once('-').unwrap();
        number.parse().unwrap()
    }

    pub(crate) fn is_in(&self, channels: &[usize]) -> bool {
        self.channels.iter().any(|one| channels.contains(one))
    }

    /// Returns what a client sees of it.
    pub(crate) fn seen(&self) -> Seen {
        Seen {
            name: String::new(),
            data: self.data.clone(),
            id: self.id.clone(),
        }
    }
}
