use super::EndOrder;
use crate::any::commands::Revocation;

/// The open streams of a registry, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Registry(Vec<usize>);

impl Registry {
    /// Adds a stream, unless another layer has added it.
    pub(crate) fn add(&mut self, id: usize) {
        if !self.0.contains(&id) {
            self.0.push(id);
        }
    }

    pub(crate) fn remove(&mut self, id: usize) {
        self.0.retain(|other| *other != id);
    }

    /// Revokes streams, and returns how many had no order to end before.
    pub(crate) fn revoke(
        &self,
        end_orders: &mut [Option<EndOrder>],
        revocation: Revocation,
        matches: impl Fn(usize) -> bool,
    ) -> usize {
        let matching = self.0.iter().filter(|id| matches(**id));
        let revoke = |id: &usize| {
            let is_first = end_orders[*id].is_none();
            end_orders[*id].get_or_insert(EndOrder::Revoke(revocation));
            usize::from(is_first)
        };
        matching.map(revoke).sum()
    }

    pub(crate) fn ids(&self) -> &[usize] {
        &self.0
    }
}
