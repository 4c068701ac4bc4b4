//! The counts of a test.

use std::fmt;

use crate::{client::Client, reader::Reader, truth::Truth};

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
    /// Events that Redis had lost and that came again after a notice: stored again, or from the memory of a node that
    /// did not know yet.
    pub(crate) again: usize,
    /// What is wrong, for messages of failures.
    faults: Vec<String>,
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

    pub(crate) fn fault(&mut self, fault: String) {
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
